import { types } from 'node:util';

/**
 * A property of whatever somebody has thrown. Errors come from anywhere: a getter or a proxy that throws is a property that is not there,
 * for what it throws must not take the place of the error that is looked at.
 */
export function propertyOf(target: unknown, key: PropertyKey): unknown {
  if ((typeof target !== 'object' && typeof target !== 'function') || target === null) return undefined;
  try {
    return (target as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Whether this is an object, which can be a key of a WeakMap. A function does not count: nobody throws one. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether this is an Error, also one of another realm (`node:vm`). Asks no proxy. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value);
}

/** A text for whatever somebody has thrown. Never throws. */
export function messageOf(thrown: unknown): string {
  const message = propertyOf(thrown, 'message');
  if (typeof message === 'string') return message;
  try {
    return String(thrown);
  } catch {
    return `a ${typeof thrown} that cannot be shown`;
  }
}

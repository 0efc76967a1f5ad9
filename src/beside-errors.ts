import { causesOf } from './error-facts.ts';
import { processWide } from './process-wide.ts';

/**
 * What is known of errors, and travels beside them, for errors may be frozen, are printed, and are shared. Two copies of this package in one process read the
 * same.
 */
export class BesideErrors<T extends object> {
  readonly #name: string;

  /** @param name by which other copies of this package know it */
  constructor(name: string) {
    this.#name = name;
  }

  set(error: unknown, value: T): void {
    if (typeof error === 'object' && error !== null) this.#map().set(error, value);
  }

  /** What was set for this error, or for the nearest one that it was caused by. */
  find(error: unknown): T | undefined {
    for (const link of causesOf(error)) {
      const found = typeof link === 'object' && link !== null ? this.#map().get(link) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #map(): WeakMap<object, T> {
    return processWide(this.#name, () => new WeakMap());
  }
}

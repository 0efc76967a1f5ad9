/**
 * What all copies of this package in one process have in common: a program may have it twice, in two versions, or bundled and not. It hangs on a
 * registered symbol. Made when it is first asked for.
 *
 * @param name whoever changes what is kept under it in a way that older versions would misread, gives it another name
 */
export function processWide<T>(name: string, create: () => T): T {
  const registry = globalThis as Record<symbol, unknown>;
  const key = Symbol.for(`gone-away.${name}`);
  registry[key] ??= create();
  return registry[key] as T;
}

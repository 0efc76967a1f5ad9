/**
 * What somebody has handed over in the place of a pool, and what to do about it.
 *
 * @param source anything that is no pool of mysql2
 */
export function describeSource(source: unknown): string {
  if (source === null || (typeof source !== 'object' && typeof source !== 'function')) {
    return source === null ? 'null' : `a ${typeof source}`;
  }
  const name = typeof source === 'function' ? 'function' : (source.constructor?.name ?? 'object');
  const hint = hintFor(source, name);
  return `${/^[A-Z]/.test(name) ? `a ${name}` : name}${hint === undefined ? '' : `; ${hint}`}`;
}

function hintFor(source: object, name: string): string | undefined {
  const has = (...methods: readonly string[]) =>
    methods.every((method) => typeof Reflect.get(source, method) === 'function');
  // PoolCluster, and PoolNamespace, which its of() gives.
  if (/^Pool(Cluster|Namespace)$/.test(name)) {
    return 'of a cluster, make the pool of each node with createPool(), and wrap that';
  }
  if (has('$connect', '$transaction')) return 'for a client of Prisma there is resilience(), of gone-away/prisma';
  if (has('select', 'insert', 'transaction')) return 'for a database of Drizzle there is gone-away/drizzle';
  return has('query', 'beginTransaction') ? 'a single connection cannot be replaced when it is lost' : undefined;
}

/**
 * What somebody has handed over in the place of a pool, or of a database on one, and what to do about it.
 *
 * @param source anything that cannot be wrapped
 */
export function describeSource(source: unknown): string {
  if (source === null || source === undefined) return String(source);
  if (typeof source !== 'object' && typeof source !== 'function') return `a ${typeof source}`;
  return describeByMethods(source) ?? describeByName(source);
}

/** By what it can do: the names of classes are other ones where a program was minified. */
function describeByMethods(source: object): string | undefined {
  const has = (...methods: readonly string[]) => methods.every((method) => isMethod(source, method));
  if (has('$connect', '$transaction')) {
    return 'a client of Prisma: make it with new PrismaClient({ adapter: new PrismaMySQL2(pool) }), and call its $extends(resilience()), of gone-away/prisma';
  }
  if (has('select', 'insert', 'transaction')) {
    return 'a database of Drizzle: for that there is withResilience() of gone-away/drizzle. Its pool is its `$client`';
  }
  if (has('getConnection', 'of', 'add', 'remove')) return `a cluster of pools; ${insteadOfCluster}`;
  if (has('getConnection', 'releaseConnection', 'end')) {
    return 'a pool of mysql2: for that there is withResilience() of gone-away/mysql2';
  }
  if (has('getConnection', 'query', 'execute')) return `a namespace of a cluster of pools; ${insteadOfCluster}`;
  if (has('query', 'beginTransaction')) return 'a single connection, which cannot be replaced when it is lost';
  const senders = ['query', 'execute', 'transaction'].filter((method) => has(method));
  if (senders.length === 0) return undefined;
  return `an object with ${senders.map((method) => `${method}()`).join(' and ')} that is no pool of mysql2: another driver, or a wrapper of one`;
}

const insteadOfCluster =
  'instead, make a pool of each node with createPool(), from the options that the add() of the cluster has had';

function describeByName(source: object): string {
  const name = typeof source === 'function' ? 'function' : (source.constructor?.name ?? 'object');
  if (!/^[A-Z]/.test(name)) return name;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Methods that send statements or hand out connections: whatever has one is no options. */
const methodsOfClients = ['getConnection', 'query', 'execute', 'transaction', '$connect'];

/** Whether something works by itself, as a pool, a driver, a database and a client do, and is not what one of these is made from. */
export function isClient(source: object): boolean {
  return methodsOfClients.some((method) => isMethod(source, method));
}

function isMethod(source: object, name: string): boolean {
  return typeof Reflect.get(source, name) === 'function';
}

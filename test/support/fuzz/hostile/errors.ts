import { runInNewContext } from 'node:vm';
import fc from 'fast-check';

function refuses(): never {
  throw new Error('the trap of a proxy, or a getter');
}

/** A proxy whose every trap throws. */
export function thorny(): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, refuses] as const);
  return new Proxy(new Error('behind thorns'), Object.fromEntries(traps));
}

export function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
  revoke();
  return proxy;
}

/** Says yes to every question, and has every property, which is itself. */
export function agreeable(): object {
  const proxy: object = new Proxy(() => {}, { get: () => proxy, has: () => true });
  return proxy;
}

export function withGetters(names: readonly string[]): Error {
  const error = new Error('with getters');
  // The stack first: V8 reads the others for it.
  for (const name of [...names].sort((a, b) => Number(b === 'stack') - Number(a === 'stack')))
    Object.defineProperty(error, name, { get: refuses, configurable: true });
  return error;
}

/** A chain of causes of this length, whose last link is caused by this. */
export function chainOf(length: number, last: unknown): Error {
  let chain = new Error('the last link', { cause: last });
  for (let links = 1; links < length; links += 1) chain = new Error('a link', { cause: chain });
  return chain;
}

function circle(length: number): Error {
  const first = new Error('a circle');
  first.cause = chainOf(length, first);
  return first;
}

function aggregateCircle(): AggregateError {
  const errors: unknown[] = [];
  const error = new AggregateError(errors, 'an aggregate of itself');
  errors.push(error, circle(3));
  error.cause = error;
  return error;
}

const read = [
  'cause',
  'code',
  'errno',
  'meta',
  'message',
  'name',
  'stack',
  'kind',
  'fatal',
  'syscall',
  'sqlState',
  'originalError',
];

/** What may stand where a text or a number is expected. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, Number.NaN, -1, 0, 1.5, 1n, '', '\ud800', '\0', Symbol('odd'), () =>
    refuses(),
  ),
  fc.constantFrom('ECONNRESET', 'P2010', 'P1017', 'ER_LOCK_DEADLOCK', 'ConnectionClosed', 'PROTOCOL_CONNECTION_LOST'),
  fc.integer(),
  fc.string(),
);

const errorLike = fc.record(
  { errno: odd, code: odd, sqlState: odd, message: odd, kind: odd, fatal: odd, syscall: odd, clientVersion: odd },
  { requiredKeys: [] },
);

/** Makes something that can be thrown: evidence hangs on objects, and fast-check itself looks at what it generates. */
export type MakeThrown = () => unknown;

const always = fc.constant(null);

/** Whatever can be thrown. */
export const thrown: fc.Arbitrary<MakeThrown> = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, 0, 'a text', Symbol('thrown')).map((value) => () => value),
  fc.constantFrom<MakeThrown>(thorny, revoked, agreeable, aggregateCircle),
  fc.nat({ max: 20 }).map((length) => () => circle(length + 1)),
  fc.subarray(read, { minLength: 1 }).map((names) => () => withGetters(names)),
  always.map(() => () => Object.freeze(Object.assign(new Error('frozen'), { code: 'ECONNRESET' }))),
  always.map(() => () => runInNewContext("Object.assign(new Error('of another realm'), { code: 'ECONNRESET' })")),
  always.map(() => () => Object.create(null)),
  errorLike.map((facts) => () => Object.assign(new Error('odd'), facts)),
  errorLike.map((facts) => () => ({ ...facts })),
  fc.tuple(errorLike, errorLike).map(([outer, inner]) => () => ({
    ...outer,
    meta: { driverAdapterError: { cause: inner } },
  })),
  fc.tuple(errorLike, fc.nat({ max: 15 })).map(
    ([facts, length]) =>
      () =>
        chainOf(length + 1, facts),
  ),
);

import { describe, expect, it } from 'vitest';
import { attachEvidence, classify, type Failure } from '../../../src/internal.ts';

/** As Prisma's client makes them: the code, a message that quotes the caller's source, and what the adapter had to say in `meta`. */
function requestError(
  code: string,
  message: string,
  driverAdapterError?: Error,
  quoted = 'prisma.user.findMany()',
): Error {
  const text = `\nInvalid \`${quoted}\` invocation in\n/app/index.ts:3:7\n\n  1 // ${quoted}\n→ 3 await ${quoted}\n${message}`;
  const meta = { modelName: 'User', ...(driverAdapterError && { driverAdapterError }) };
  return Object.assign(new Error(text), { name: 'PrismaClientKnownRequestError', code, clientVersion: '7.10.0', meta });
}

/** As a driver adapter makes them. */
function adapterError(cause: { kind: string; [key: string]: unknown }): Error {
  return Object.assign(new Error(String(cause.originalMessage ?? cause.kind)), { name: 'DriverAdapterError', cause });
}

/** As `@prisma/adapter-mariadb` makes them of an error with a number. */
function mariadbError(errno: number, message: string, reason?: string): Error {
  const original = { originalCode: String(errno), originalMessage: message };
  return adapterError({ kind: 'mysql', ...original, code: errno, message, state: 'HY000', cause: reason });
}

const poolTimeout =
  'pool timeout: failed to retrieve a connection from pool after 10001ms\n    (pool connections: active=0 idle=0 limit=10)';
const poolInUse =
  'pool timeout: failed to retrieve a connection from pool after 10001ms\n    (pool connections: active=10 idle=0 limit=10)';

describe("Prisma's own codes, with nothing behind them", () => {
  it.each<[string, string, Partial<Failure>]>([
    ['P1001', "Can't reach database server", { outcome: 'not-executed', kind: 'connect', transient: true }],
    ['P1000', 'Authentication failed', { outcome: 'failed', kind: 'authentication', transient: false }],
    ['P1008', 'Operation has timed out', { outcome: 'unknown', kind: 'attempt-timeout', stillRunning: true }],
    ['P1017', 'Server has closed the connection.', { outcome: 'unknown', kind: 'connection-lost', transient: true }],
    ['P2002', 'Unique constraint failed', { outcome: 'failed', kind: 'statement', transient: false }],
    ['P2024', 'Timed out fetching a new connection', { outcome: 'not-executed', kind: 'acquire-timeout' }],
    ['P2034', 'Transaction failed due to a write conflict', { outcome: 'rolled-back', transient: true }],
    ['P2037', 'Too many database connections opened', { outcome: 'not-executed', kind: 'overloaded' }],
    ['P9999', 'Something new', { outcome: 'failed', transient: false }],
  ])('%s: %s', (code, message, expected) => {
    expect(classify(requestError(code, message))).toMatchObject({ ...expected, code });
  });

  it('takes a transaction that could not be begun in time for not executed, and no other P2028', () => {
    const start = 'Transaction API error: Unable to start a transaction in the given time.';
    const expired = 'Transaction API error: A commit cannot be executed on an expired transaction.';
    expect(classify(requestError('P2028', start))).toMatchObject({ outcome: 'not-executed', transient: true });
    expect(classify(Object.assign(new Error(start), { code: 'P2028' }))).toMatchObject({ outcome: 'not-executed' });
    expect(classify(requestError('P2028', expired))).toMatchObject({ outcome: 'failed', transient: false });
  });

  it('does not read the source code that Prisma quotes', () => {
    const quoted = 'Unable to start a transaction in the given time.';
    const closed = 'add new command when connection is in closed state';
    expect(classify(requestError('P2028', 'Transaction not found.', undefined, quoted)).outcome).toBe('failed');
    expect(classify(requestError('P2002', 'Unique constraint failed', undefined, closed)).outcome).toBe('failed');
    expect(classify(requestError('ECONNRESET', 'read ECONNRESET', undefined, closed)).outcome).toBe('unknown');
  });
});

describe('what driver adapters say, where Prisma passes their errors on as they are', () => {
  it.each<[string, Partial<Failure>]>([
    ['ConnectionClosed', { outcome: 'unknown', kind: 'connection-lost' }],
    ['DatabaseNotReachable', { outcome: 'not-executed', kind: 'connect' }],
    ['SocketTimeout', { outcome: 'unknown', stillRunning: true }],
    ['TooManyConnections', { outcome: 'not-executed', kind: 'overloaded' }],
    ['TransactionWriteConflict', { outcome: 'rolled-back', endsTransaction: true }],
    ['UniqueConstraintViolation', { outcome: 'failed', transient: false }],
  ])('%s', (kind, expected) => {
    expect(classify(adapterError({ kind }))).toMatchObject(expected);
  });
});

describe('@prisma/adapter-mariadb', () => {
  it('a lost connection has the code of the system, in a request or bare', () => {
    const expected = { outcome: 'unknown', kind: 'connection-lost', code: 'ECONNRESET' };
    expect(classify(requestError('ECONNRESET', 'read ECONNRESET'))).toMatchObject(expected);
    expect(classify(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 }))).toMatchObject(
      expected,
    );
  });

  it.each<[number, string, Partial<Failure>]>([
    [1054, "Unknown column 'x'", { outcome: 'failed', transient: false, errno: 1054 }],
    [1205, 'Lock wait timeout exceeded', { outcome: 'rolled-back', endsTransaction: false }],
    [1213, 'Deadlock found', { outcome: 'rolled-back', kind: 'deadlock', endsTransaction: true }],
    [1290, 'The server is running with the --read-only option', { outcome: 'not-executed', kind: 'read-only' }],
    [1290, 'The server is running with the --secure-file-priv option', { outcome: 'failed', transient: false }],
    [1317, 'Query execution was interrupted', { outcome: 'failed', transient: false }],
    [1927, 'Connection was killed', { outcome: 'unknown', kind: 'killed' }],
    [45004, 'Connection destroyed, command was killed', { outcome: 'unknown', kind: 'connection-lost' }],
    [45009, 'socket has unexpectedly been closed', { outcome: 'unknown', kind: 'connection-lost' }],
    [45013, 'Cannot execute new commands: connection closed', { outcome: 'not-executed', kind: 'closed' }],
    [45027, 'pool is closed', { outcome: 'failed', kind: 'closed', transient: false }],
    [45028, poolInUse, { outcome: 'not-executed', kind: 'acquire-timeout' }],
    [45028, poolTimeout, { outcome: 'not-executed', kind: 'connect' }],
  ])('%i: %s', (errno, message, expected) => {
    const bare = mariadbError(errno, message);
    for (const error of [bare, requestError('P2039', message, bare), requestError('P2010', message, bare)]) {
      expect(classify(error)).toMatchObject({ ...expected, errno });
    }
  });

  it.each<[string, string, Partial<Failure>]>([
    ['a refused connection', 'connect ECONNREFUSED 127.0.0.1:3306', { outcome: 'not-executed', kind: 'connect' }],
    [
      'too many connections',
      '(conn:-1, no: 1040, SQLState: 08004) Too many connections',
      { outcome: 'not-executed', transient: true },
    ],
    [
      'a wrong password',
      "(conn:27, no: 1045, SQLState: 28000) Access denied for user 'app'@'%'",
      { outcome: 'failed', transient: false },
    ],
    [
      'a database that is not there',
      "(conn:27, no: 1049) Unknown database 'nope'",
      { outcome: 'failed', transient: false },
    ],
    [
      'a public key that it may not ask for',
      '(conn:9, no: 45044, SQLState: 08S01) RSA public key is not available client side. Either set option ...',
      { outcome: 'failed', transient: false },
    ],
  ])('the pool says only "timeout", and behind it is %s', (_, reason, expected) => {
    expect(classify(requestError('P2039', poolTimeout, mariadbError(45028, poolTimeout, reason)))).toMatchObject(
      expected,
    );
  });

  it("a cause that is a text does not end the search for the driver's error", () => {
    const error = Object.assign(requestError('P2039', 'x', mariadbError(1213, 'Deadlock found')), { cause: 'a text' });
    expect(classify(error)).toMatchObject({ errno: 1213, outcome: 'rolled-back' });
  });
});

describe('an adapter that brings evidence', () => {
  it('decides by it, and by the error of the driver rather than by what Prisma made of it', () => {
    const original = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 });
    const cause = { kind: 'ConnectionClosed', originalCode: 'ECONNRESET', originalMessage: 'read ECONNRESET' };
    const adapters = adapterError(Object.defineProperty(cause, 'originalError', { value: original }));
    const error = requestError('P1017', 'Server has closed the connection.', adapters);
    expect(classify(error)).toMatchObject({ outcome: 'unknown', code: 'ECONNRESET' });
    const evidence = { progress: 'written', rollsBack: true, atomic: true, commits: false, abandoned: false } as const;
    attachEvidence(original, evidence);
    expect(classify(error)).toMatchObject({ outcome: 'rolled-back', code: 'ECONNRESET', kind: 'connection-lost' });
  });
});

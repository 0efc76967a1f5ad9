import { describe, expect, it } from 'vitest';
import { DriverAdapterError } from '../../../../../adapters/prisma/errors/adapter-error.ts';
import { payloadOf } from '../../../../../adapters/prisma/errors/server-error.ts';
import { originalErrorOf, toPrismaError } from '../../../../../adapters/prisma/errors/to-prisma-error.ts';
import {
  AcquireTimeoutError,
  AttemptTimeoutError,
  attachEvidence,
  classify,
  type Failure,
  OutcomeUnknownError,
  RetriesExhaustedError,
} from '../../../../../src/internal.ts';

const sent = (errno: number, sqlMessage: string, sqlState = 'HY000') =>
  Object.assign(new Error(sqlMessage), { errno, sqlMessage, sqlState, code: `ER_${errno}` });
const system = (code: string, rest: object = {}) => Object.assign(new Error(code), { code, errno: -1, ...rest });

describe("the server's errors, as both servers word them", () => {
  it.each<[number, string, object]>([
    [1062, "Duplicate entry 'a' for key 'user_email_key'", { constraint: { index: 'user_email_key' } }],
    [
      1062,
      "Duplicate entry 'a' for key 'user.user_email_key'",
      { constraint: { index: 'user_email_key' }, table: 'user' },
    ],
    [1062, "Duplicate entry 'x' for key 'y' for key 'PRIMARY'", { constraint: { index: 'PRIMARY' } }],
    [1062, "Duplicate entry 'a\nb' for key 'name with '' quote'", { constraint: { index: "name with '' quote" } }],
    [1062, 'Eintrag doppelt vorhanden', {}],
    [
      1452,
      'Cannot add or update a child row: a foreign key constraint fails (`app`.`post`, CONSTRAINT `f` FOREIGN KEY (`author_id`) REFERENCES `user` (`id`))',
      { constraint: { fields: ['author_id'] } },
    ],
    [
      1451,
      'Cannot delete or update a parent row: a foreign key constraint fails (`app`.`t`, CONSTRAINT `f` FOREIGN KEY (`a`, `b`) REFERENCES `u` (`x`, `y`))',
      { constraint: { fields: ['a', 'b'] } },
    ],
    [1217, 'Cannot delete or update a parent row: a foreign key constraint fails', {}],
    [1048, "Column 'email' cannot be null", { constraint: { fields: ['email'] } }],
    [1364, "Field 'email' doesn't have a default value", { constraint: { fields: ['email'] } }],
    [1406, "Data too long for column 'name' at row 1", { column: 'name' }],
    [1264, "Out of range value for column 'n' at row 1", { cause: "Out of range value for column 'n' at row 1" }],
    [1049, "Unknown database 'nowhere'", { db: 'nowhere' }],
    [1044, "Access denied for user 'app'@'%' to database 'mysql'", { db: 'mysql' }],
    [1045, "Access denied for user 'app'@'127.0.0.1' (using password: YES)", { user: 'app' }],
    [1007, "Can't create database 'app'; database exists", { db: 'app' }],
    [1146, "Table 'app.nowhere' doesn't exist", { table: 'nowhere' }],
    [1054, "Unknown column 'user.x' in 'SELECT'", { column: 'user.x' }],
    [4711, 'Something else', { kind: 'mysql', code: 4711, message: 'Something else', state: 'HY000' }],
  ])('%i: %s', (errno, message, expected) => {
    expect(payloadOf(sent(errno, message))).toMatchObject({
      originalCode: String(errno),
      originalMessage: message,
      ...expected,
    });
  });
});

describe('what Prisma is told', () => {
  const written = { progress: 'written', rollsBack: false, atomic: true, commits: false, abandoned: false } as const;
  const failure = classify(system('ECONNRESET')) satisfies Failure;
  const details = { failure, attempts: 3, elapsedMs: 5 };

  it.each<[string, unknown, string, string]>([
    ['a lost connection', system('ECONNRESET'), 'ConnectionClosed', 'P1017'],
    ['a server that goes away', sent(1053, 'Server shutdown in progress'), 'ConnectionClosed', 'P1017'],
    ['a connection that was killed', sent(1927, 'Connection was killed'), 'ConnectionClosed', 'P1017'],
    ['a query that was killed', sent(1317, 'Query execution was interrupted', '70100'), 'mysql', 'P2039'],
    ['a deadlock', sent(1213, 'Deadlock found'), 'TransactionWriteConflict', 'P2034'],
    ['a record that changed', sent(1020, 'Record has changed since last read'), 'TransactionWriteConflict', 'P2034'],
    ['a lock that was not given', sent(1205, 'Lock wait timeout exceeded'), 'mysql', 'P2039'],
    ['too many connections', sent(1040, 'Too many connections'), 'TooManyConnections', 'P2037'],
    ['a read-only server', sent(1290, 'running with the --read-only option'), 'mysql', 'P2039'],
    [
      'nobody there',
      system('ECONNREFUSED', { syscall: 'connect', address: '::1', port: 1 }),
      'DatabaseNotReachable',
      'P1001',
    ],
    ['no TLS', system('HANDSHAKE_NO_SSL_SUPPORT'), 'TlsConnectionError', 'P1011'],
    [
      'no answer',
      new AttemptTimeoutError('late', { ...details, failure: { ...failure, kind: 'attempt-timeout' } }),
      'SocketTimeout',
      'P1008',
    ],
    [
      'a connection that stays lost',
      new RetriesExhaustedError('gave up', { ...details, errors: [], cause: system('ECONNRESET') }),
      'ConnectionClosed',
      'P1017',
    ],
  ])('%s', (_, error, kind, code) => {
    const told = toPrismaError(error);
    expect(told).toBeInstanceOf(DriverAdapterError);
    expect(told).toMatchObject({ name: 'DriverAdapterError', code, cause: { kind } });
    expect(originalErrorOf(told)).toBe(error);
    expect(originalErrorOf({ meta: { driverAdapterError: told } })).toBe(error);
    expect(JSON.stringify(told)).not.toContain('originalError');
  });

  it('keeps the evidence within reach, also where the payload has a text as its cause', () => {
    for (const error of [system('ECONNRESET'), sent(1040, 'Too many connections'), sent(1264, 'Out of range')]) {
      attachEvidence(error, written);
      const known = { code: 'P0000', clientVersion: '7', meta: { driverAdapterError: toPrismaError(error) } };
      expect(classify(known)).toEqual(classify(error));
    }
  });

  it('says where nobody answered, also for several addresses of one host', () => {
    const refused = system('ECONNREFUSED', { syscall: 'connect', address: '127.0.0.1', port: 3307 });
    const both = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' });
    for (const error of [refused, both]) {
      attachEvidence(error, { ...written, progress: 'not-acquired' });
      expect(toPrismaError(error)).toMatchObject({
        cause: { kind: 'DatabaseNotReachable', host: '127.0.0.1', port: 3307 },
      });
    }
  });

  it('an unknown outcome is thrown as it is, with its own code', () => {
    const error = new OutcomeUnknownError('nobody knows', { ...details, cause: system('ECONNRESET') });
    expect(toPrismaError(error)).toBe(error);
    expect(error).toMatchObject({
      code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN',
      meta: { driverAdapterError: { name: 'DriverAdapterError' } },
    });
    expect(originalErrorOf({ code: error.code, meta: Reflect.get(error, 'meta') })).toBe(error);
  });

  it('a full pool is P2024; one that cannot connect is what keeps it from connecting', () => {
    const timeout = (cause?: unknown) =>
      new AcquireTimeoutError('no connection', { ...details, failure: { ...failure, kind: 'acquire-timeout' }, cause });
    expect(toPrismaError(timeout())).toMatchObject({ code: 'P2024', cause: { code: 'ERR_GONE_AWAY_ACQUIRE_TIMEOUT' } });
    expect(toPrismaError(new Error('Queue limit reached.'))).toMatchObject({ code: 'P2024' });
    expect(toPrismaError(timeout(system('ECONNREFUSED', { syscall: 'connect' })))).toMatchObject({ code: 'P1001' });
    expect(toPrismaError(timeout(sent(1040, 'Too many connections')))).toMatchObject({ code: 'P2037' });
  });

  it('what is not about the database is thrown as it is, without a `code` that Prisma would take for its own', () => {
    const mistake = new TypeError('not this');
    expect(toPrismaError(mistake)).toBe(mistake);
    const stopped = AbortSignal.abort().reason;
    const told = toPrismaError(stopped);
    expect(told).toMatchObject({ cause: stopped });
    expect(told).not.toHaveProperty('code');
  });

  it('is not translated twice', () => {
    const told = toPrismaError(system('ECONNRESET'));
    expect(toPrismaError(told)).toBe(told);
  });
});

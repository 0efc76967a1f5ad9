import { describe, expect, it } from 'vitest';
import { errorRows } from '../../../src/codes/error-rows.ts';
import { attachEvidence, classify, type Evidence, type Failure, OutcomeUnknownError } from '../../../src/internal.ts';

const make = (facts: Record<string, unknown>, message = 'made up') => Object.assign(new Error(message), facts);
const lost = () => make({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true });

const evidence = (changes: Partial<Evidence>): Evidence => ({
  progress: 'written',
  rollsBack: false,
  atomic: true,
  commits: false,
  abandoned: false,
  ...changes,
});

function classifyWith(error: Error, changes: Partial<Evidence>): Failure {
  attachEvidence(error, evidence(changes));
  return classify(error);
}

describe('classify, by evidence', () => {
  it.each([
    ['there was no connection', { progress: 'not-acquired' }, 'not-executed'],
    ['no byte was written', { progress: 'not-written' }, 'not-executed'],
    ['the kernel refused the write', { progress: 'write-refused' }, 'not-executed'],
    ['the end of it never left this process', { progress: 'cut-short' }, 'not-executed'],
    ['only BEGIN was in flight', { progress: 'preparing' }, 'not-executed'],
    ['only its PREPARE was in flight', { progress: 'prepared' }, 'not-executed'],
    ['it was written', { progress: 'written' }, 'unknown'],
    [
      'it was written in a transaction that it could not commit',
      { progress: 'written', rollsBack: true },
      'rolled-back',
    ],
    ['it was not written in an open transaction', { progress: 'not-written', rollsBack: true }, 'rolled-back'],
  ] as const)('knows what became of a statement when %s', (_title, changes, outcome) => {
    expect(classifyWith(lost(), changes).outcome).toBe(outcome);
  });

  it('believes an answer of the server over anything the wire shows', () => {
    expect(classifyWith(make({ errno: 1213, sqlState: '40001' }), { progress: 'written' }).outcome).toBe('rolled-back');
    expect(classifyWith(make({ errno: 1062, sqlState: '23000' }), { progress: 'written' })).toMatchObject({
      outcome: 'failed',
      transient: false,
      invalidates: 'nothing',
    });
  });

  it('does not take an error of COMMIT that is in no table for a proof that nothing was committed', () => {
    const full = () => make({ errno: 1598, sqlState: 'HY000' });
    expect(classifyWith(full(), { commits: true })).toMatchObject({
      outcome: 'unknown',
      kind: 'statement',
      reason: expect.stringContaining('COMMIT'),
    });
    expect(classifyWith(full(), { commits: true, progress: 'not-written' }).outcome).toBe('not-executed');
    expect(classifyWith(make({ errno: 1213 }), { commits: true }).outcome).toBe('rolled-back');
    expect(classifyWith(full(), { commits: false }).outcome).toBe('failed');
  });

  it.each([1213, 1062, 2013])("takes an error of the caller's own code for that, whatever its number: %i", (errno) => {
    const thrown = () => make({ errno, code: 'ECONNREFUSED', sqlState: '40001' });
    const own = { kind: 'client-side', transient: false, invalidates: 'nothing', endsTransaction: false };
    expect(classifyWith(thrown(), { clientSide: 'in-write' })).toMatchObject({ ...own, outcome: 'unknown' });
    expect(classifyWith(thrown(), { clientSide: 'in-read' })).toMatchObject({ ...own, outcome: 'failed' });
    expect(classifyWith(thrown(), { clientSide: 'in-write', rollsBack: true })).toMatchObject({
      ...own,
      outcome: 'failed',
    });
  });

  it("knows an error of the caller's own code that two statements share by the worse of them", () => {
    const shared = (first: Evidence['clientSide'], second: Evidence['clientSide']) => {
      const error = make({ code: 'ECONNRESET' });
      for (const clientSide of [first, second])
        attachEvidence(error, { ...evidence({}), ...(clientSide && { clientSide }) });
      return classify(error);
    };
    expect(shared('in-read', 'in-write')).toMatchObject({ kind: 'client-side', outcome: 'unknown' });
    expect(shared('in-read', 'in-read')).toMatchObject({ kind: 'client-side', outcome: 'failed' });
    expect(shared('in-write', undefined)).toMatchObject({ kind: 'connection-lost', outcome: 'unknown' });
  });

  it('does not take an error in the middle of several statements for an error of all of them', () => {
    for (const errno of [1213, 1205, 1836]) {
      expect(classifyWith(make({ errno }), { atomic: false }).outcome).toBe('failed');
      expect(classifyWith(make({ errno }), { atomic: true }).outcome).not.toBe('failed');
    }
    expect(classifyWith(lost(), { atomic: false }).outcome).toBe('unknown');
    expect(classifyWith(lost(), { atomic: false, progress: 'not-written' }).outcome).toBe('not-executed');
  });

  it('says that the server may still be working on what this side stopped waiting for', () => {
    expect(classifyWith(lost(), { abandoned: true }).stillRunning).toBe(true);
    expect(classifyWith(lost(), {}).stillRunning).toBe(false);
  });

  it('does not let a command that was never sent acquit the one that was, when they share an error object', () => {
    const shared = lost();
    attachEvidence(shared, evidence({ progress: 'written' }));
    attachEvidence(shared, evidence({ progress: 'not-written', rollsBack: true }));
    expect(classify(shared).outcome).toBe('unknown');
  });

  it('finds evidence and codes through the errors of an ORM', () => {
    const cause = lost();
    attachEvidence(cause, evidence({ progress: 'not-written' }));
    const wrapped = new Error('Failed query', { cause: new Error('adapter', { cause }) });
    expect(classify(wrapped)).toMatchObject({ outcome: 'not-executed', code: 'PROTOCOL_CONNECTION_LOST' });
    const prisma = make({ code: 'P2010', meta: { driverAdapterError: { cause: { errno: 1213 } } } });
    expect(classify(prisma)).toMatchObject({ outcome: 'rolled-back', errno: 1213 });
  });

  it('knows a lost connection that has no code by the mark that the driver gave it', () => {
    expect(classifyWith(make({ fatal: true }), {}).outcome).toBe('unknown');
    expect(classifyWith(make({ fatal: true }), { progress: 'not-written' }).outcome).toBe('not-executed');
  });

  it('knows a wrong argument, of which the driver could make no packet, and does not take it for a lost connection', () => {
    const mistake = () =>
      Object.assign(new TypeError('The "string" argument'), { code: 'ERR_INVALID_ARG_TYPE', fatal: true });
    const unsent = classifyWith(mistake(), { progress: 'not-written' });
    expect(unsent).toMatchObject({ outcome: 'not-executed', transient: false, kind: 'statement' });
    expect(classifyWith(mistake(), { progress: 'written' })).toMatchObject({ outcome: 'unknown', transient: true });
    const beforeIt = classifyWith(mistake(), { progress: 'not-acquired' });
    expect(beforeIt).toMatchObject({ outcome: 'not-executed', transient: false, kind: 'authentication' });
  });

  it('does not take a network for a wrong argument where that is what an error of JavaScript is about', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    const fetched = Object.assign(new TypeError('fetch failed', { cause }), { fatal: true });
    const failure = classifyWith(fetched, { progress: 'not-acquired' });
    expect(failure).toMatchObject({ outcome: 'not-executed', transient: true });
  });
});

/** The kernel ends a connection that cannot be made and one that was established with the same codes. */
const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'];

describe.each([...unreachable, 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE'])('%s', (code) => {
  const lostTo = (syscall?: string) => make({ code, errno: -113, ...(syscall && { syscall }) }, `${syscall} ${code}`);

  it('proves nothing once the statement was written', () => {
    for (const syscall of ['read', 'write', 'connect', undefined]) {
      expect(classifyWith(lostTo(syscall), {})).toMatchObject({
        outcome: 'unknown',
        kind: 'connection-lost',
        invalidates: 'connection',
      });
      expect(classifyWith(lostTo(syscall), { commits: true }).outcome).toBe('unknown');
      expect(classifyWith(lostTo(syscall), { rollsBack: true }).outcome).toBe('rolled-back');
      expect(classifyWith(lostTo(syscall), { progress: 'not-written' }).outcome).toBe('not-executed');
    }
  });

  it('proves that nothing was executed where there was no connection', () => {
    const expected = { outcome: 'not-executed', kind: 'connect', transient: true };
    expect(classifyWith(lostTo('read'), { progress: 'not-acquired' })).toMatchObject(expected);
    expect(classify(lostTo('connect'))).toMatchObject(expected);
    expect(classify(lostTo('getaddrinfo'))).toMatchObject(expected);
    const aggregate = Object.assign(new AggregateError([lostTo('connect'), lostTo('connect')]), { code });
    expect(classify(aggregate)).toMatchObject(expected);
  });

  it('proves nothing where nobody has watched the wire', () => {
    for (const syscall of ['read', 'write', undefined]) expect(classify(lostTo(syscall)).outcome).toBe('unknown');
    const mixed = Object.assign(new AggregateError([lostTo('connect'), lostTo('read')]), { code });
    expect(classify(mixed).outcome).toBe('unknown');
  });
});

describe('classify, a write in a session that is READ ONLY (1792)', () => {
  const refused = () => make({ errno: 1792, sqlState: '25006' });

  it('on its own, in a session that somebody else has left so: not executed, and the next connection may be another', () => {
    expect(classifyWith(refused(), { alone: true })).toMatchObject({
      outcome: 'not-executed',
      transient: true,
      kind: 'read-only',
      invalidates: 'connection',
    });
  });

  it('anywhere else: the error itself', () => {
    for (const changes of [{}, { rollsBack: true }, { alone: false }]) {
      expect(classifyWith(refused(), changes)).toMatchObject({
        outcome: 'failed',
        transient: false,
        invalidates: 'nothing',
      });
    }
    expect(classify(refused())).toMatchObject({ outcome: 'failed', transient: false, invalidates: 'nothing' });
  });
});

describe('classify, by codes alone', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' }, 'not-executed', 'connect'],
    ['a reset while connecting', { code: 'ECONNRESET', syscall: 'connect' }, 'not-executed', 'connect'],
    ['a reset in a session', { code: 'ECONNRESET', syscall: 'read' }, 'unknown', 'connection-lost'],
    ['a refused write, which alone proves nothing', { code: 'EPIPE', syscall: 'write' }, 'unknown', 'connection-lost'],
    ['too many connections', { errno: 1040 }, 'not-executed', 'overloaded'],
    ['a server that its operator has put offline (offline_mode)', { errno: 3032 }, 'not-executed', 'not-ready'],
    ['an interaction timeout while idle, whose code is a number', { code: 4031 }, 'not-executed', 'connection-lost'],
    ['a shutdown in progress', { errno: 1053 }, 'unknown', 'shutdown'],
    ['a session killed in flight', { errno: 1927 }, 'unknown', 'killed'],
    ['a lock wait timeout', { errno: 1205 }, 'rolled-back', 'lock-wait'],
    ['a query timeout of mysql2', { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }, 'unknown', 'limit'],
    ['a deadlock that a procedure has made up', { errno: 1213, sqlState: '45000' }, 'failed', 'statement'],
    ['a shutdown that a trigger has made up', { errno: 1053, sqlState: '45000' }, 'failed', 'statement'],
    ['SQLSTATE class 08', { sqlState: '08S01' }, 'unknown', 'connection-lost'],
    ['a TLS failure in a session', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'unknown', 'connection-lost'],
    ['KILL QUERY', { errno: 1317 }, 'failed', 'killed'],
    ['a wrong password', { errno: 1045 }, 'failed', 'authentication'],
    ['an error of nobody', { code: 'EWHATEVER' }, 'failed', 'statement'],
  ] as const)('reads %s', (_title, facts, outcome, kind) => {
    expect(classify(make(facts))).toMatchObject({ outcome, kind });
  });

  it.each([
    [
      1290,
      'The MariaDB server is running with the --read-only option so it cannot execute this statement',
      'not-executed',
    ],
    [
      1290,
      'The MySQL server is running with the --secure-file-priv option so it cannot execute this statement',
      'failed',
    ],
    [1047, 'WSREP has not yet prepared node for application use', 'not-executed'],
    [1047, 'Unknown command', 'failed'],
    [1180, 'Got error 149 "Lock deadlock; Retry transaction" during COMMIT', 'rolled-back'],
    [1180, 'Got error 5 during COMMIT', 'unknown'],
  ] as const)('tells one %i from another by its text: %s', (errno, message, outcome) => {
    expect(classify(make({ errno }, message)).outcome).toBe(outcome);
  });

  it.each([
    ["Can't add new command when connection is in closed state", 'not-executed', true],
    ['Pool is closed.', 'failed', false],
    ['Queue limit reached.', 'failed', false],
  ] as const)('knows an error of mysql2 that has only a text: %s', (message, outcome, transient) => {
    expect(classify(new Error(message))).toMatchObject({ outcome, transient });
  });

  it('takes a code of the server before a code of the driver', () => {
    expect(classify(make({ errno: 1213, code: 'ECONNRESET' }))).toMatchObject({ kind: 'deadlock' });
  });

  it.each([
    [1205, 'CALL pay(1)', 'failed'],
    [1213, 'INSERT INTO orders VALUES (1); UPDATE stock SET n = n - 1', 'failed'],
    [1290, 'CALL pay(1)', 'failed'],
    [1213, 'UPDATE stock SET n = n - 1', 'rolled-back'],
    [1290, "INSERT INTO notes VALUES ('a; b')", 'not-executed'],
  ])('says of an error %d of one statement only that it left nothing behind: %s', (errno, sql, outcome) => {
    expect(classify(make({ errno, sql, sqlState: 'HY000' }, 'running with the --read-only option')).outcome).toBe(
      outcome,
    );
  });

  it('knows that nothing was sent where there was no connection, whatever the text', () => {
    const refused = make({ code: 'ECONNREFUSED', syscall: 'connect', sql: 'CALL pay(1)' });
    expect(classify(refused).outcome).toBe('not-executed');
  });
});

describe('classify', () => {
  it('reads its own errors from their failure', () => {
    const failure = classify(make({ errno: 1213 }));
    const own = new OutcomeUnknownError('made up', { failure, attempts: 1, elapsedMs: 0 });
    expect(classify(new Error('wrapped', { cause: own }))).toBe(failure);
  });

  it('survives whatever is thrown at it', () => {
    const circular = new Error('a');
    circular.cause = new Error('b', { cause: circular });
    const hostile = Object.defineProperty(new Error('c'), 'errno', {
      get() {
        throw new Error('hostile');
      },
    });
    let deep: Error = lost();
    for (let depth = 0; depth < 10_000; depth += 1) deep = new Error('deep', { cause: deep });
    for (const thrown of [undefined, null, 0, 'text', Symbol('s'), {}, [], () => {}, circular, hostile, deep]) {
      expect(classify(thrown).outcome).toBe('failed');
    }
  });

  it('repeats no SQL, parameter or message of the error', () => {
    const error = make(
      { errno: 1062, sql: "insert into t values ('secret')", sqlMessage: "Duplicate entry 'secret'" },
      'secret',
    );
    expect(JSON.stringify(classify(error))).not.toContain('secret');
  });

  it('has a source for every row, and no two rows that claim the same number for the same case', () => {
    const seen = new Set<string>();
    for (const row of errorRows) {
      expect(row.source.length).toBeGreaterThan(10);
      for (const errno of row.errno ?? []) {
        const key = `${errno}|${row.when ?? 'always'}|${row.text?.source ?? 'any'}`;
        expect(seen).not.toContain(key);
        seen.add(key);
      }
    }
  });
});

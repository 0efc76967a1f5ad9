import type { Server } from './server.ts';

/** In what servers differ, as far as a test depends on it. */
export interface ServerDifference<Value> {
  /** A noun: what is different. */
  readonly what: string;
  /** Where that is written, or how it shows. */
  readonly source: string;
  /** Of the rows of a kind of server, the last one whose version it has reached holds. */
  readonly rows: readonly {
    readonly kind: Server['kind'];
    /** From this version on. Default: from the first on. */
    readonly since?: string;
    readonly value: Value;
  }[];
}

/** Every row is asked of the server at hand, by `test/integration/server-differences.test.ts`. */
export const serverDifferences = {
  idleEnd: {
    what: 'what a connection hears that was idle for longer than wait_timeout',
    source: 'MySQL 8.0.24 release notes: the server says why, before it closes; MariaDB closes, with a FIN or an RST',
    rows: [
      { kind: 'mariadb', value: 'its bare end' },
      { kind: 'mysql', value: 'its bare end' },
      { kind: 'mysql', since: '8.0.24', value: 'ERR 4031' },
    ],
  },
  killedSleep: {
    what: 'what SELECT SLEEP() answers to KILL QUERY',
    source: 'MySQL manual, SLEEP(): interrupted, it returns 1; MariaDB, KILL: the statement fails as any other does',
    rows: [
      { kind: 'mariadb', value: 'ERR 1317' },
      { kind: 'mysql', value: 1 },
    ],
  },
  killedUpdate: {
    what: 'what an UPDATE that waits for a row answers to KILL QUERY',
    source: 'MySQL and MariaDB manuals, KILL: ER_QUERY_INTERRUPTED',
    rows: [
      { kind: 'mariadb', value: 'ERR 1317' },
      { kind: 'mysql', value: 'ERR 1317' },
    ],
  },
  killedConnection: {
    what: 'what a statement in flight hears when its connection is killed',
    source: 'MariaDB has ER_CONNECTION_KILLED (1927) for it, but closes the socket before anybody could read that',
    rows: [
      { kind: 'mariadb', value: 'its bare end' },
      { kind: 'mysql', value: 'its bare end' },
    ],
  },
  shutdownInFlight: {
    what: 'what an UPDATE that waits for a row hears when the server shuts down',
    source: 'MySQL manual, "The Server Shutdown Process": ER_SERVER_SHUTDOWN; MariaDB closes the sockets first',
    rows: [
      { kind: 'mariadb', value: 'its bare end' },
      { kind: 'mysql', value: 'ERR 1053' },
    ],
  },
  statementLimit: {
    what: "what a SELECT past the server's own time limit gets",
    source:
      'MariaDB manual, max_statement_time: ER_STATEMENT_TIMEOUT; MySQL manual, max_execution_time: ER_QUERY_TIMEOUT',
    rows: [
      { kind: 'mariadb', value: 'ERR 1969' },
      { kind: 'mysql', value: 'ERR 3024' },
    ],
  },
  lockedNowait: {
    what: 'what SELECT ... FOR UPDATE NOWAIT gets of a row that is locked',
    source: 'MariaDB manual, WAIT and NOWAIT: ER_LOCK_WAIT_TIMEOUT; MySQL manual, Locking Reads: ER_LOCK_NOWAIT',
    rows: [
      { kind: 'mariadb', value: 'ERR 1205' },
      { kind: 'mysql', value: 'ERR 3572' },
    ],
  },
  statementLimitSetting: {
    what: 'the setting that limits the time of a SELECT to half a second',
    source: 'MariaDB manual: max_statement_time, in seconds; MySQL manual: max_execution_time, in milliseconds',
    rows: [
      { kind: 'mariadb', value: 'max_statement_time = 0.5' },
      { kind: 'mysql', value: 'max_execution_time = 500' },
    ],
  },
  staleSnapshot: {
    what: 'what a transaction gets that locks a row which has changed since its snapshot',
    source:
      'MariaDB 11.6.2 release notes: innodb_snapshot_isolation is on; the transaction is rolled back (ER_CHECKREAD)',
    rows: [
      { kind: 'mariadb', value: 'the row as it is now' },
      { kind: 'mariadb', since: '11.6.2', value: 'ERR 1020' },
      { kind: 'mysql', value: 'the row as it is now' },
    ],
  },
  returning: {
    what: 'INSERT ... RETURNING',
    source: 'MariaDB 10.5 release notes; MySQL has none',
    rows: [
      { kind: 'mariadb', value: 'none' },
      { kind: 'mariadb', since: '10.5.0', value: 'known' },
      { kind: 'mysql', value: 'none' },
    ],
  },
  preparedBegin: {
    what: 'what START TRANSACTION gets as a prepared statement',
    source:
      'MariaDB 10.6.2 release notes: every statement can be prepared; MySQL manual, "Prepared Statements": not this',
    rows: [
      { kind: 'mariadb', value: 'ERR 1295' },
      { kind: 'mariadb', since: '10.6.2', value: 'done' },
      { kind: 'mysql', value: 'ERR 1295' },
    ],
  },
  lateral: {
    what: 'joins with a LATERAL subquery',
    source: 'MySQL 8.0.14 release notes; MariaDB has none up to 11.8',
    rows: [
      { kind: 'mariadb', value: 'none' },
      { kind: 'mysql', value: 'none' },
      { kind: 'mysql', since: '8.0.14', value: 'known' },
    ],
  },
} as const satisfies Record<string, ServerDifference<string | number>>;

export type DifferenceName = keyof typeof serverDifferences;
export type DifferenceValue<Name extends DifferenceName> = (typeof serverDifferences)[Name]['rows'][number]['value'];

type Which = Pick<Server, 'kind' | 'version'>;

/** What holds of a server, by the table. */
export function differenceOn<Name extends DifferenceName>(server: Which, name: Name): DifferenceValue<Name> {
  return valueOn<DifferenceValue<Name>>(server, serverDifferences[name]);
}

/** As {@link differenceOn}, of any table. */
export function valueOn<Value>({ kind, version }: Which, { what, rows }: ServerDifference<Value>): Value {
  const row = rows.findLast((candidate) => candidate.kind === kind && reaches(version, candidate.since ?? '0'));
  if (row === undefined) throw new Error(`no row says ${what} on ${kind} ${version}`);
  return row.value;
}

/** For `skip(...unless(server, name, value))`: a test that is about another value has a reason not to run here. */
export function unless<Name extends DifferenceName>(
  server: Which,
  name: Name,
  value: DifferenceValue<Name>,
): [skipped: boolean, reason: string] {
  const here = differenceOn(server, name);
  return [here !== value, `${serverDifferences[name].what} (${server.kind}): ${here}, not ${value}`];
}

function reaches(version: string, since: string): boolean {
  const [have, want] = [version, since].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

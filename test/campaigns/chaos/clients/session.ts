import type { Connection, Pool, PoolConnection } from 'mysql2/promise';
import type { CallKind } from '../history.ts';
import { foreignDatabaseOf } from '../tables.ts';
import type { Work } from '../work.ts';
import { expectAnswer } from './client.ts';

/** What callers need that leave a session in another state, or ask what state it is in. */
export interface Lone {
  /** Sends one statement through the pool, outside of any transaction. */
  send(sql: string): Promise<unknown>;
  /** @returns the first column of the one row that `sql` reads, whose name is `value` */
  read(sql: string): Promise<unknown>;
}

export interface Sessions extends Lone {
  /** The pool's. */
  readonly database: string;
  hold(): Promise<Pick<PoolConnection, 'query' | 'release'>>;
  /** A pool whose listener takes several turns: see {@link setUpInTurns}. */
  readonly slowlyMade: Lone;
  /** A pool whose sessions commit nothing by themselves: see {@link setUpWithoutAutocommit}. */
  readonly uncommitted: Lone;
}

export const sessionKinds = [
  ...(['procedure', 'wanderer', 'abandoner', 'stray-begin'] as const),
  ...(['uncommitted-insert', 'setting', 'async-setting'] as const),
];
export type SessionKind = (typeof sessionKinds)[number];

export function isOfSession(kind: CallKind): kind is SessionKind {
  return (sessionKinds as readonly CallKind[]).includes(kind);
}

/** What a session has when it was made by a pool that somebody listens to; no server has it by itself. */
const settings = 'group_concat_max_len = 4321, max_sort_length = 2000';
const askForSettings = "SELECT CONCAT(@@SESSION.group_concat_max_len, ' ', @@SESSION.max_sort_length) AS value";
const expectedSettings = '4321 2000';

/** Has every new session of the pool set up, as its user's program does: by one statement, and without waiting for it. */
export function setUpAtOnce(pool: Pool): void {
  pool.on('connection', (connection) => {
    (connection as unknown as Connection).query(`SET SESSION ${settings.replace(', ', ', SESSION ')}`);
  });
}

/** The same by one statement after the other, each sent when the one before was answered. */
export function setUpInTurns(pool: Pool): void {
  pool.on('connection', async (connection) => {
    const own = connection as unknown as { promise(): Connection };
    try {
      for (const setting of settings.split(', ')) await own.promise().query(`SET SESSION ${setting}`);
    } catch {
      // It is lost, and so of no use to anybody.
    }
  });
}

/** Has no new session of the pool commit a statement by itself. */
export function setUpWithoutAutocommit(pool: Pool): void {
  pool.on('connection', (connection) => {
    (connection as unknown as Connection).query('SET autocommit = 0');
  });
}

export async function performOnSession(
  sessions: Sessions,
  { kind, id, draw }: Work & { readonly kind: SessionKind },
): Promise<unknown> {
  switch (kind) {
    case 'procedure':
      await sessions.send(`CALL fail_half_way(${id})`);
      return expectAnswer('a procedure that fails', 'success', 'an error');
    case 'wanderer': {
      const foreign = foreignDatabaseOf(sessions.database);
      const changes = [`USE ${foreign}`, 'SET autocommit = 0', 'SET SESSION TRANSACTION READ ONLY'];
      return sendHeld(sessions, [changes[draw % changes.length] ?? '']);
    }
    case 'abandoner':
      return sendHeld(sessions, ['BEGIN', insertOf(id)]);
    case 'stray-begin':
      return sessions.send('BEGIN');
    case 'uncommitted-insert':
      return sessions.uncommitted.send(insertOf(id));
    case 'setting':
      return expectAnswer('the settings', await sessions.read(askForSettings), expectedSettings);
    case 'async-setting':
      return expectAnswer('the settings', await sessions.slowlyMade.read(askForSettings), expectedSettings);
    default:
      return kind satisfies never;
  }
}

const insertOf = (id: number) => `INSERT INTO operations (op_id) VALUES (${id})`;

/** On one connection, which is given back as these statements leave it. */
async function sendHeld(sessions: Sessions, statements: readonly string[]): Promise<void> {
  const connection = await sessions.hold();
  try {
    for (const sql of statements) await connection.query(sql);
  } finally {
    connection.release();
  }
}

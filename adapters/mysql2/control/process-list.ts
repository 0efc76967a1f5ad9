import type { Connection } from 'mysql2';
import { queryUntraced } from '../driver/untraced-query.ts';
import type { ControlSelf, Thread } from './session-identity.ts';

/** Where a list of threads can be had, the best place first: the last two need more rights, or show more than is asked for. */
const lists: readonly ((ids: readonly number[]) => string)[] = [
  ...['information_schema', 'performance_schema'].map(
    (schema) => (ids: readonly number[]) =>
      `SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, STATE AS state FROM ${schema}.processlist ` +
      // With a limit of its own, none of the session's (`sql_select_limit`) holds: a thread that is left out would look as if it were gone.
      `WHERE ID IN (CONNECTION_ID()${ids.map((id) => `, ${id}`).join('')}) LIMIT ${ids.length + 1}`,
  ),
  () => 'SHOW FULL PROCESSLIST',
];

/** Reads the server's list of threads, from the first place that has one to show. */
export class ProcessList {
  #place = 0;

  /** From the first list that shows this very connection: one that does not shows nothing. */
  async threads(
    connection: Connection,
    { connectionId }: ControlSelf,
    ids: readonly number[],
  ): Promise<readonly Thread[] | undefined> {
    for (; this.#place < lists.length; this.#place += 1) {
      try {
        const rows = (await querySimply(connection, lists[this.#place]?.(ids) ?? '')) as readonly object[];
        const threads = rows.map(toThread);
        if (threads.some(({ id }) => id === connectionId)) return threads;
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
      }
    }
    this.#place = 0;
    return undefined;
  }
}

/** What only asks about a thread, and fails with another error where there is none: MySQL's, and MariaDB's since 10.9; that of MariaDB before. */
const questions = ['EXPLAIN FOR CONNECTION', 'SHOW EXPLAIN FOR'];

/** ER_NO_SUCH_THREAD */
export const noSuchThread = 1094;
/** ER_PARSE_ERROR */
const unknownSyntax = 1064;

/** Those of these threads that are there, whether or not this user may see them. None, where the server cannot be asked that. */
export async function existingThreads(connection: Connection, ids: readonly number[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const id of ids) if (await isThread(connection, id)) found.push(id);
  return found;
}

async function isThread(connection: Connection, id: number): Promise<boolean> {
  for (const question of questions) {
    try {
      await querySimply(connection, `${question} ${Math.trunc(id)}`);
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (errno !== unknownSyntax) return errno !== noSuchThread;
    }
  }
  return false;
}

/** The columns of SHOW PROCESSLIST have other cases than those of the tables. */
function toThread(row: object): Thread {
  const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  const { id, user, host, command, state } = columns;
  return {
    id: Number(id),
    user: String(user),
    host: String(host),
    command: String(command),
    state: String(state ?? ''),
  };
}

/** One text, without anything of the pool's around it, and for nobody who traces the user's statements. */
export function querySimply(connection: Connection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    queryUntraced(connection, sql, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

/** The server's own error number; the operating system's are negative. */
export function errnoOf(error: unknown): number | undefined {
  const errno = typeof error === 'object' && error !== null ? (error as { errno?: unknown }).errno : undefined;
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { createWorld } from './world.ts';

/** What one statement did. */
export interface Verdict {
  /** In how many sql_modes it ran without an error. */
  readonly executions: number;
  /** Every difference that somebody could see; none for a safe read. */
  readonly differences: readonly string[];
}

const SQL_MODES = [
  '',
  'ANSI_QUOTES',
  'NO_BACKSLASH_ESCAPES',
  'ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
  'IGNORE_SPACE',
  'ORACLE',
];
/** New values every time, on the same session as well. */
const VOLATILE = /\b(?:rand|uuid|sysdate|status)\b/i;

const LOOK = [
  'SELECT (SELECT COUNT(*) FROM effects), (SELECT COUNT(*) FROM d), (SELECT COUNT(*) FROM v)',
  'SELECT id, a, b FROM t FOR UPDATE NOWAIT',
  'SELECT a FROM d FOR UPDATE NOWAIT',
  'SELECT id FROM v FOR UPDATE NOWAIT',
  "SELECT IS_FREE_LOCK('free'), IS_FREE_LOCK('held')",
  'SHOW TABLES',
];

/**
 * Runs a statement on a real server and looks for traces. In each sql_mode there are two sessions that were prepared differently (variables, locks, last insert
 * id, warnings, role ...), both in an open transaction with a frozen clock. A safe read answers alike on both, and afterwards neither they nor a third
 * session find anything changed or locked.
 */
export class StatementOracle {
  readonly #options: ConnectionOptions;
  /** Where `INTO OUTFILE` may write. */
  readonly #directory: string;
  #pairs: [Session, Session][] = [];
  #observer: Connection | undefined;
  #look = '';
  #world = '';

  readonly #alone: boolean;

  /** @param alone each statement runs with autocommit, and one session after the other, so that their locks do not meet */
  constructor(options: ConnectionOptions, directory: string, alone = false) {
    this.#options = { ...options, multipleStatements: true };
    this.#directory = directory;
    this.#alone = alone;
  }

  /** Everything as it was in the beginning; call it first, and after differences were found. */
  async reset(): Promise<void> {
    await this.close();
    for (const name of readdirSync(this.#directory)) rmSync(join(this.#directory, name), { force: true });
    await createWorld(this.#options);
    this.#observer = await createConnection(this.#options);
    await this.#observer.query('SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1');
    for (const mode of SQL_MODES) {
      const open = (seed: number) =>
        new Session(this.#options, mode, seed, this.#alone ? 'ROLLBACK' : 'ROLLBACK; START TRANSACTION');
      const pair: [Session, Session] = [open(1), open(2)];
      this.#pairs.push(pair);
      const opened = await Promise.all(pair.map((session) => session.open()));
      // MySQL has no Oracle mode.
      if (opened.includes(false)) await Promise.all((this.#pairs.pop() ?? []).map((session) => session.close()));
    }
    const sequences = 'SELECT (SELECT next_not_cached_value FROM s), (SELECT next_not_cached_value FROM `ordinality`)';
    // MySQL has no sequences.
    const { failed } = await ask(this.#observer, sequences);
    this.#look = [...LOOK, ...(failed ? [] : [sequences])].join('; ');
    this.#world = await this.#lookAround();
  }

  async check(statement: string): Promise<Verdict> {
    const verdicts = await this.#each(this.#pairs, (pair) => this.#compare(pair, statement));
    const differences = verdicts.flatMap((verdict) => verdict.differences);
    // The transactions are still open, so a lock that any of them took is still there.
    const world = await this.#lookAround();
    if (world !== this.#world) differences.push(`the world is ${world} instead of ${this.#world}`);
    return { executions: verdicts.reduce((sum, verdict) => sum + verdict.executions, 0), differences };
  }

  async #compare(sessions: readonly Session[], statement: string): Promise<Verdict> {
    const reports = await this.#each(sessions, (session) => session.observe(statement));
    const differences: string[] = [];
    for (const [index, session] of sessions.entries()) {
      const state = reports[index]?.state;
      if (state !== session.baseline) differences.push(`session state ${state} instead of ${session.baseline}`);
    }
    const answers = reports.map(({ answer }) => answer.text);
    if (answers[0] !== answers[1] && !VOLATILE.test(statement)) differences.push(`answers ${answers.join(' and ')}`);
    return {
      executions: reports[0]?.answer.failed === false ? 1 : 0,
      differences: differences.map((difference) => `sql_mode '${sessions[0]?.mode}': ${difference}`),
    };
  }

  async close(): Promise<void> {
    this.#observer?.destroy();
    await Promise.all(this.#pairs.flat().map((session) => session.close()));
    this.#pairs = [];
  }

  async #each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    if (!this.#alone) return Promise.all(items.map(work));
    const results: R[] = [];
    for (const item of items) results.push(await work(item));
    return results;
  }

  /** What other sessions see: tables, sequences, locks, files. A locked row makes NOWAIT fail. */
  async #lookAround(): Promise<string> {
    const { text } = await ask(this.#observer, this.#look);
    return `${text} ${readdirSync(this.#directory)}`;
  }
}

class Session {
  readonly mode: string;
  /** The state after a harmless statement. */
  baseline = '';
  readonly #options: ConnectionOptions;
  readonly #seed: number;
  readonly #begin: string;
  #connection: Connection | undefined;

  constructor(options: ConnectionOptions, mode: string, seed: number, begin: string) {
    this.#options = options;
    this.#begin = begin;
    this.mode = mode;
    this.#seed = seed;
  }

  /** @returns false when the server does not know the sql_mode. */
  async open(): Promise<boolean> {
    this.#connection = await createConnection(this.#options);
    const { failed } = await ask(this.#connection, `SET SESSION sql_mode = '${this.mode}'`);
    if (failed) return false;
    await ask(
      this.#connection,
      `SET timestamp = 1600000000, long_query_time = ${this.#seed}, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1`,
    );
    await ask(this.#connection, 'SET max_recursive_iterations = 10');
    if (this.#seed === 1) await ask(this.#connection, 'GRANT fuzz_role TO CURRENT_USER(); SET ROLE fuzz_role');
    // What LASTVAL() returns; MySQL has no sequences.
    if (this.#seed === 1) await ask(this.#connection, 'SELECT NEXTVAL(s)');
    this.baseline = (await this.observe('SELECT 1')).state;
    return true;
  }

  /** Runs a statement, in a transaction that stays open or alone, after everything an earlier one can leave behind: each session of a pair has its own. */
  async observe(statement: string): Promise<{ readonly answer: Answer; readonly state: string }> {
    const n = this.#seed;
    const common = `${this.#begin}; SET @x = 'x${n}', @a = ${n}; SELECT LAST_INSERT_ID(${10 + n})`;
    // One leaves found rows, and in one of the modes a lock; the other a warning and a row count.
    const lock = this.mode === '' ? "DO RELEASE_ALL_LOCKS(); DO GET_LOCK('held', 0);" : '';
    const own = n === 1 ? `${lock} SELECT 1 UNION SELECT 2` : "DO CAST('x' AS SIGNED)";
    await ask(this.#connection, `${common}; ${own}`);
    const answer = await ask(this.#connection, statement);
    return { answer, state: (await ask(this.#connection, STATE)).text };
  }

  /** The server notices a closed socket when it gets to it; what the session holds has to be gone now. */
  async close(): Promise<void> {
    await ask(this.#connection, 'UNLOCK TABLES; ROLLBACK; DO RELEASE_ALL_LOCKS()');
    this.#connection?.destroy();
  }
}

const STATE = [
  'SELECT @x, @a, LAST_INSERT_ID(), @@autocommit, @@sql_mode',
  "SELECT CONNECTION_ID() <=> IS_USED_LOCK('held'), CONNECTION_ID() <=> IS_USED_LOCK('free')",
  'SELECT (SELECT COUNT(*) FROM effects), (SELECT GROUP_CONCAT(id, IFNULL(a, 0) ORDER BY id) FROM t)',
].join('; ');

interface Answer {
  readonly failed: boolean;
  /** Rows, or the error's number. */
  readonly text: string;
}

async function ask(connection: Connection | undefined, sql: string): Promise<Answer> {
  try {
    const [rows] = (await connection?.query({ sql, rowsAsArray: true, timeout: 5_000 })) ?? [];
    return { failed: false, text: JSON.stringify(rows) };
  } catch (error) {
    const { errno, code, message } = error as { errno?: number; code?: string; message?: string };
    return { failed: true, text: `error ${errno ?? code ?? message}` };
  }
}

import type { Connection, RowDataPacket } from 'mysql2/promise';
import { demoTables } from '../../../prisma/tables.ts';
import { type Ask, openTransactions } from '../../support/server/open-transactions.ts';
import { longResult } from './client.ts';
import type { Effect } from './workloads.ts';

const firstId = 1_000_000;

/** The tables that the workloads write to: hands out ids, and tells the truth about them. */
export class Ledger {
  readonly #root: Connection;
  readonly #user: string;
  #next: number = firstId;

  private constructor(root: Connection, user: string) {
    this.#root = root;
    this.#user = user;
  }

  /**
   * Makes the tables.
   *
   * @param user of all connections but this one
   */
  static async open(root: Connection, user: string): Promise<Ledger> {
    await root.query('DROP TABLE IF EXISTS byte_numbers, accounts, operations');
    for (const sql of demoTables) await root.query(sql);
    await root.query('CREATE TABLE byte_numbers (number INT NOT NULL PRIMARY KEY) ENGINE = InnoDB');
    const numbers = Array.from({ length: longResult }, (_, number) => [number]);
    await root.query('INSERT INTO byte_numbers VALUES ?', [numbers]);
    const [[setting] = []] = await root.query<RowDataPacket[]>('SELECT @@GLOBAL.local_infile AS allowed');
    // Somebody else's server may let us read that, and not change it.
    if (setting?.allowed !== 1) await root.query('SET GLOBAL local_infile = 1');
    return new Ledger(root, user);
  }

  /** So many ids that nothing was done with yet, each with an account. */
  async allot(count: number): Promise<readonly number[]> {
    const ids = Array.from({ length: count }, (_, index) => this.#next + index);
    this.#next += count;
    for (let from = 0; from < count; from += 5_000) {
      const rows = ids.slice(from, from + 5_000).map((id) => [id, 0]);
      await this.#root.query('INSERT INTO accounts VALUES ?', [rows]);
    }
    return ids;
  }

  /** What has become of each of these ids, which are neighbours. To be asked when no statement is under way any more. */
  async effects(ids: readonly number[]): Promise<ReadonlyMap<number, Effect>> {
    const [found] = await this.#root.query(
      `SELECT accounts.id AS id, balance, COUNT(op_id) AS count FROM accounts LEFT JOIN operations ON op_id = accounts.id
       WHERE accounts.id BETWEEN ? AND ? GROUP BY accounts.id, balance`,
      [ids[0], ids.at(-1)],
    );
    const rows = found as unknown as readonly { id: number; balance: number; count: number }[];
    return new Map(rows.map(({ id, balance, count }) => [id, { rows: count, balance }]));
  }

  /** The transactions of its user that are open when no statement is under way any more, each in words; asked until there are none. */
  openTransactions(within: number): Promise<readonly string[]> {
    const ask: Ask = async (sql, params) => (await this.#root.query(sql, [...params]))[0];
    return openTransactions(ask, this.#user, within);
  }

  /** Resolves when the server has only so many threads of its user left, and so has undone what was open on the others. */
  async settled(threads: number, within: number): Promise<number> {
    const until = performance.now() + within;
    for (;;) {
      const [found] = await this.#root.query(
        'SELECT COUNT(*) AS count FROM information_schema.processlist WHERE user = ? AND id <> CONNECTION_ID() AND SLEEP(0.01) = 0',
        [this.#user],
      );
      const { count = 0 } = (found as unknown as readonly { count: number }[])[0] ?? {};
      if (count <= threads || performance.now() > until) return count;
    }
  }
}

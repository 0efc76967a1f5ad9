import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { accountCount } from './tables.ts';

const stormers = 6;

/**
 * Transactions that lock the accounts of every client in the wrong order, each with so much of its own to undo that InnoDB, which spares
 * whoever has changed more, ends the transaction of the client. They change no account, and leave nothing behind.
 *
 * @param options of root
 */
export async function stormOfDeadlocks(options: ConnectionOptions, random: () => number, ms: number): Promise<void> {
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: stormers }, async () => {
      const connection = await createConnection(options);
      // Without it the rows that make a transaction weigh more would be locked where they are read.
      await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
      await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
      const [databases] = await connection.query("SHOW DATABASES LIKE 'chaos\\_%'");
      const names = (databases as readonly object[]).flatMap((row) => Object.values(row) as string[]);
      try {
        while (performance.now() < until) await lockBackwards(connection, names, random);
      } finally {
        await connection.end();
      }
    }),
  );
}

async function lockBackwards(
  connection: Connection,
  databases: readonly string[],
  random: () => number,
): Promise<void> {
  const database = databases[Math.floor(random() * databases.length)];
  const first = 2 + Math.floor(random() * (accountCount - 2));
  await connection.query('BEGIN');
  try {
    await connection.query(`INSERT INTO ${database}.operations (op_id) SELECT -1 FROM ${database}.items LIMIT 100`);
    for (let id = first; id > Math.max(0, first - 20); id -= 1) {
      await connection.query(`SELECT * FROM ${database}.accounts WHERE id = ${id} FOR UPDATE`);
    }
  } catch (error) {
    const expected = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'];
    if (!(error instanceof Error && 'code' in error && expected.includes(String(error.code)))) throw error;
  } finally {
    await connection.query('ROLLBACK');
  }
}

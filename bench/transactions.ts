/**
 * What a transaction costs while nothing fails: `npm run bench:transactions`, or `npm run bench:transactions -- --rounds 60 --json`.
 *
 * Measures the built package, as it is published, against bare Drizzle: a transaction that may run again, and one that is applied exactly once.
 */
import { sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createLedger, withResilience } from 'gone-away/drizzle';
import { createPool, type Pool } from 'mysql2/promise';
import { startServer } from '../test/support/server/server.ts';
import { alternate, type Contender } from './alternate.ts';
import { type BenchOptions, concurrently, report, runBench } from './command-line.ts';

const accountCount = 300;
const accounts = mysqlTable('account', { id: int('id').primaryKey(), balance: int('balance').notNull() });

async function measure(options: BenchOptions): Promise<void> {
  const server = await startServer({ name: 'bench-transactions' });
  const pools: Pool[] = [];
  const open = () => {
    const pool = createPool({ ...server.connectionOptions(), connectionLimit: 10 });
    pools.push(pool);
    return drizzle({ client: pool });
  };
  try {
    await server.admin('CREATE TABLE app.account (id INT PRIMARY KEY, balance INT NOT NULL)');
    const rows = Array.from({ length: accountCount }, (_, id) => `(${id}, 0)`);
    await server.admin(`INSERT INTO app.account VALUES ${rows.join()}`);
    const bare = open();
    const wrapped = withResilience(open());
    await createLedger(wrapped);
    let keys = 0;
    type Transaction = Parameters<Parameters<typeof bare.transaction>[0]>[0];
    /** Two statements on a row that nobody else uses at the time. */
    const work = (call: number) => async (tx: Transaction) => {
      const own = sql`${accounts.id} = ${call % accountCount}`;
      await tx.select().from(accounts).where(own).for('update');
      await tx
        .update(accounts)
        .set({ balance: sql`${accounts.balance} + 1` })
        .where(own);
    };
    const contenders = (concurrency: number): [Contender, ...Contender[]] => [
      concurrently('bare Drizzle', concurrency, (call) => bare.transaction(work(call))),
      concurrently('gone-away', concurrency, (call) => wrapped.transaction(work(call))),
      concurrently('gone-away, rerun: true', concurrency, (call) => wrapped.transaction(work(call), { rerun: true })),
      concurrently('gone-away, exactlyOnce', concurrency, (call) =>
        wrapped.transaction(work(call), { exactlyOnce: true }),
      ),
      concurrently('gone-away, idempotencyKey', concurrency, (call) => {
        keys += 1;
        return wrapped.transaction(work(call), { idempotencyKey: `call-${keys}` });
      }),
    ];
    const results = {
      sequential: await alternate(contenders(1), options),
      '50 concurrent': await alternate(contenders(50), options),
    };
    report(results, options, `${server.kind} ${server.version}`);
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
    await server.destroy();
  }
}

await runBench({
  script: 'bench:transactions',
  about: `What a transaction costs while nothing fails: with bare Drizzle, with gone-away, run again, and applied exactly once.
Measures the built package, as it is published.`,
  defaults: { rounds: 60, calls: 100 },
  measure,
});

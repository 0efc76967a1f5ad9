/**
 * What being wrapped costs while nothing fails: `npm run bench`, or `npm run bench -- --rounds 200 --json`.
 *
 * Measures the built package, as it is published, against bare Drizzle and against a ping before every query.
 */
import { eq } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { withResilience } from 'gone-away/drizzle';
import { createPool, type Pool } from 'mysql2/promise';
import { startServer } from '../test/support/server/server.ts';
import { alternate, type Contender } from './alternate.ts';
import { type BenchOptions, concurrently, report, runBench } from './command-line.ts';

const rowCount = 300;
const table = mysqlTable('point', { id: int('id').primaryKey(), value: int('value').notNull() });

/** A point read through Drizzle: the cheapest statement that an application sends, so the one where overhead shows most. */
function pointRead(db: ReturnType<typeof drizzle<Record<string, never>, Pool>>): (call: number) => Promise<unknown> {
  return (call) =>
    db
      .select()
      .from(table)
      .where(eq(table.id, call % rowCount));
}

async function measure(options: BenchOptions): Promise<void> {
  const server = await startServer({ name: 'bench' });
  const pools: Pool[] = [];
  const open = () => {
    const pool = createPool({ ...server.connectionOptions(), connectionLimit: 10 });
    pools.push(pool);
    return drizzle({ client: pool });
  };
  try {
    await server.admin('CREATE TABLE app.point (id INT PRIMARY KEY, value INT NOT NULL)');
    const rows = Array.from({ length: rowCount }, (_, id) => `(${id}, ${id})`);
    await server.admin(`INSERT INTO app.point VALUES ${rows.join()}`);
    const bare = open();
    const wrapped = withResilience(open());
    const pinged = open();
    const ping = async () => {
      const connection = await pinged.$client.getConnection();
      try {
        await connection.ping();
      } finally {
        connection.release();
      }
    };
    const contenders = (concurrency: number): [Contender, ...Contender[]] => [
      concurrently('bare Drizzle', concurrency, pointRead(bare)),
      concurrently('gone-away', concurrency, pointRead(wrapped)),
      concurrently('ping on checkout', concurrency, async (call) => {
        await ping();
        await pointRead(pinged)(call);
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
  script: 'bench',
  about: `What being wrapped costs while nothing fails: point reads through Drizzle, bare, with gone-away, and with a ping on every
checkout. Measures the built package, as it is published.`,
  defaults: { rounds: 120, calls: 300 },
  measure,
});

/**
 * Point reads through Prisma, on its own adapter for MySQL and on PrismaMySQL2, each with its defaults: `npm run bench:prisma`, or
 * `npm run bench:prisma -- --rounds 60 --json`.
 *
 * Measures the built package, as it is published.
 */
import { PrismaMySQL2 } from 'gone-away/prisma/adapter';
import { PrismaClient } from '../prisma/generated/client.ts';
import { createTables } from '../prisma/tables.ts';
import { createPrismaMariaDb } from '../test/support/prisma/prisma-mariadb.ts';
import { startServer } from '../test/support/server/server.ts';
import { withConnection } from '../test/support/server/server-admin.ts';
import { alternate, type Contender } from './alternate.ts';
import { type BenchOptions, concurrently, report, runBench } from './command-line.ts';

const rowCount = 300;

/** Not findUnique: of those, Prisma makes one statement for all that come in one turn of the event loop. */
function pointRead(prisma: PrismaClient): (call: number) => PromiseLike<unknown> {
  return (call) => prisma.user.findFirst({ where: { id: 1 + (call % rowCount) } });
}

async function measure(options: BenchOptions): Promise<void> {
  const server = await startServer({ name: 'bench-prisma' });
  const theirs = new PrismaClient({ adapter: createPrismaMariaDb(server.connectionOptions()) });
  const ours = new PrismaClient({ adapter: new PrismaMySQL2(server.url()) });
  try {
    await withConnection(server.connectionOptions(), async (connection) => {
      await createTables((sql) => connection.query(sql));
      const rows = Array.from({ length: rowCount }, (_, index) => `('${index}@example.com', 'name', NOW())`);
      await connection.query(`INSERT INTO user (email, name, updated_at) VALUES ${rows.join()}`);
    });
    const contenders = (concurrency: number): [Contender, ...Contender[]] => [
      concurrently('@prisma/adapter-mariadb', concurrency, pointRead(theirs)),
      concurrently('PrismaMySQL2', concurrency, pointRead(ours)),
    ];
    const results = {
      sequential: await alternate(contenders(1), options),
      '50 concurrent': await alternate(contenders(50), options),
    };
    report(results, options, `${server.kind} ${server.version}`);
  } finally {
    await Promise.all([theirs.$disconnect(), ours.$disconnect()]);
    await server.destroy();
  }
}

await runBench({
  script: 'bench:prisma',
  about: `Point reads through Prisma, on its own adapter for MySQL and on PrismaMySQL2, each with its defaults. Measures the built
package, as it is published.`,
  defaults: { rounds: 60, calls: 300 },
  measure,
});

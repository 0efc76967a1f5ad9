/**
 * Point reads through Prisma, on its own adapter for MySQL and on PrismaMySQL2, each with its defaults: `npm run bench:prisma`, or
 * `npm run bench:prisma -- --rounds 60 --json`.
 *
 * Measures the built package, as it is published.
 */
import { parseArgs } from 'node:util';
import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { PrismaMySQL2 } from 'gone-away/prisma';
import { PrismaClient } from '../prisma/generated/client.ts';
import { createTables } from '../prisma/tables.ts';
import { startServer } from '../test/support/server.ts';
import { withConnection } from '../test/support/server-admin.ts';
import { alternate, type Comparison, type Contender } from './alternate.ts';

const rowCount = 300;

function contender(name: string, concurrency: number, prisma: PrismaClient): Contender {
  return {
    name,
    run: async (calls) => {
      let next = 0;
      const worker = async () => {
        while (next < calls) {
          next += 1;
          // Not findUnique: of those, Prisma makes one statement for all that come in one turn of the event loop.
          await prisma.user.findFirst({ where: { id: 1 + (next % rowCount) } });
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
  };
}

function tableOf(name: string, comparisons: readonly Comparison[]): string {
  const lines = comparisons.map(
    ({ name: contenderName, ratio, spread: [low, high], callsPerSecond }) =>
      `  ${contenderName.padEnd(24)} ${ratio.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})  ${Math.round(callsPerSecond)}/s`,
  );
  return [`${name}: point reads per second, median of the rounds (middle half)`, ...lines, ''].join('\n');
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    calls: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
});
const options = { rounds: Number(values.rounds), callsPerRound: Number(values.calls) };
const server = await startServer({ name: 'bench-prisma' });
const { host = '', port = 0, user = '', password, database = '' } = server.connectionOptions();
const theirs = new PrismaClient({
  adapter: new PrismaMariaDb({ host, port, user, password: String(password), database }),
});
const ours = new PrismaClient({ adapter: new PrismaMySQL2(server.url()) });
try {
  await withConnection(server.connectionOptions(), async (connection) => {
    await createTables((sql) => connection.query(sql));
    const rows = Array.from({ length: rowCount }, (_, index) => `('${index}@example.com', 'name', NOW())`);
    await connection.query(`INSERT INTO user (email, name, updated_at) VALUES ${rows.join()}`);
  });
  const contenders = (concurrency: number): [Contender, ...Contender[]] => [
    contender('@prisma/adapter-mariadb', concurrency, theirs),
    contender('PrismaMySQL2', concurrency, ours),
  ];
  const results: Record<string, readonly Comparison[]> = {
    sequential: await alternate(contenders(1), options),
    '50 concurrent': await alternate(contenders(50), options),
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ node: process.version, server: `${server.kind} ${server.version}`, ...options, results })}\n`
      : Object.entries(results)
          .map(([name, comparisons]) => tableOf(name, comparisons))
          .join('\n'),
  );
} finally {
  await Promise.all([theirs.$disconnect(), ours.$disconnect()]);
  await server.destroy();
}

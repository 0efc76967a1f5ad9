/**
 * What being wrapped costs while nothing fails: `npm run bench`, or `npm run bench -- --rounds 200 --json`.
 *
 * Measures the built package, as it is published, against bare Drizzle and against a ping before every query.
 */
import { parseArgs } from 'node:util';
import { eq } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { withResilience } from 'gone-away/drizzle';
import { createPool, type Pool } from 'mysql2/promise';
import { type Server, startServer } from '../test/support/server.ts';
import { alternate, type Comparison, type Contender } from './alternate.ts';

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

function contender(name: string, concurrency: number, call: (index: number) => Promise<unknown>): Contender {
  return {
    name,
    run: async (calls) => {
      let next = 0;
      const worker = async () => {
        while (next < calls) {
          next += 1;
          await call(next);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
  };
}

async function measure(
  server: Server,
  options: { rounds: number; callsPerRound: number },
): Promise<Record<string, readonly Comparison[]>> {
  const pools: Pool[] = [];
  const open = () => {
    const pool = createPool({ ...server.connectionOptions(), connectionLimit: 10 });
    pools.push(pool);
    return drizzle({ client: pool });
  };
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
    contender('bare Drizzle', concurrency, pointRead(bare)),
    contender('gone-away', concurrency, pointRead(wrapped)),
    contender('ping on checkout', concurrency, async (call) => {
      await ping();
      await pointRead(pinged)(call);
    }),
  ];
  try {
    return {
      sequential: await alternate(contenders(1), options),
      '50 concurrent': await alternate(contenders(50), options),
    };
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function tableOf(name: string, comparisons: readonly Comparison[]): string {
  const lines = comparisons.map(
    ({ name: contenderName, ratio, spread: [low, high], callsPerSecond, cpuRatio }) =>
      `  ${contenderName.padEnd(18)} ${ratio.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})  ${Math.round(callsPerSecond)}/s  CPU per call ${cpuRatio.toFixed(3)}`,
  );
  return [`${name}: throughput against bare Drizzle, median of the rounds (middle half)`, ...lines, ''].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '120' },
      calls: { type: 'string', default: '300' },
      json: { type: 'boolean', default: false },
    },
  });
  const options = { rounds: Number(values.rounds), callsPerRound: Number(values.calls) };
  if (
    !Number.isInteger(options.rounds) ||
    options.rounds < 1 ||
    !Number.isInteger(options.callsPerRound) ||
    options.callsPerRound < 1
  ) {
    throw new TypeError(
      `Expected --rounds and --calls to be whole numbers from 1, got ${values.rounds} and ${values.calls}`,
    );
  }
  const server = await startServer({ name: 'bench' });
  try {
    await server.admin('CREATE TABLE app.point (id INT PRIMARY KEY, value INT NOT NULL)');
    await server.admin(
      `INSERT INTO app.point VALUES ${Array.from({ length: rowCount }, (_, id) => `(${id}, ${id})`).join()}`,
    );
    const results = await measure(server, options);
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ node: process.version, server: `${server.kind} ${server.version}`, ...options, results })}\n`
        : Object.entries(results)
            .map(([name, comparisons]) => tableOf(name, comparisons))
            .join('\n'),
    );
  } finally {
    await server.destroy();
  }
}

await main();

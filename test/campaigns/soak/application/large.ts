import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type PoolOptions } from 'mysql2/promise';
import { withResilience as withDrizzle } from '../../../../adapters/drizzle/index.ts';
import { withResilience } from '../../../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../../prisma/generated/client.ts';
import { describeError } from '../../../support/describe-error.ts';
import { createPrismaMariaDb } from '../../../support/prisma/prisma-mariadb.ts';
import { databaseFor } from './clients.ts';
import type { Address, LargeFailure, LargeStatement, SoakedClient } from './protocol.ts';

/** A little less than 2^20 characters, up to which this package reads statements: a longer one costs nothing but its being sent. */
const megabyte = 1_000_000;
const text = 'x'.repeat(megabyte);
const list = Array.from({ length: megabyte / 8 }, (_, n) => 1_000_000 + n).join();

const statements: Readonly<Record<LargeStatement, string>> = {
  'syntax error': `SELECT '${text}' FRM items`,
  'read of a long text': `SELECT LENGTH('${text}') AS value`,
  'read of a long list': `SELECT COUNT(*) AS value FROM items WHERE id IN (${list})`,
  // Longer than the column: without a cut it fails as well, and the table does not grow.
  write: `INSERT INTO operations (op_id, amount) VALUES (LENGTH('${text}'), 'x')`,
};

interface Sender {
  send(statement: string): Promise<unknown>;
  end(): Promise<unknown>;
}

/** Sends one megabyte that fails, and measures how late the event loop is meanwhile. */
export async function sendLarge(
  address: Address,
  wrapped: boolean,
  { client, statement, port }: { client: SoakedClient; statement: LargeStatement; port: number },
): Promise<LargeFailure> {
  const { host, user, password } = address;
  const database = databaseFor(client, wrapped);
  const sender = openSender(client, { host, port, user, password, database, connectionLimit: 1 }, wrapped);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  try {
    await sender.send('SELECT 1').catch(() => {});
    histogram.enable();
    await delay(20);
    histogram.reset();
    const told = await sender.send(statements[statement]).then(() => 'answered', describeError);
    await delay(20);
    histogram.disable();
    return { blockedMs: histogram.max / 1e6 - 1, told };
  } finally {
    await sender.end();
  }
}

/** A cut happens once, so that what can be sent again is answered then; the caller of a bare one is told of the cut. */
function openSender(client: SoakedClient, options: PoolOptions, wrapped: boolean): Sender {
  if (client === 'prisma') return openPrisma(options, wrapped);
  const pool = createPool(options);
  // mysql2 listens for the first error of a connection only; a second one would end the process.
  if (!wrapped) pool.on('connection', (connection) => connection.on('error', () => {}));
  const end = () => pool.end();
  if (client === 'mysql2') {
    const own = wrapped ? withResilience(pool) : pool;
    return { send: (statement) => own.query(statement), end };
  }
  const own = wrapped ? withDrizzle(drizzle(pool)) : drizzle(pool);
  return { send: async (statement) => await own.execute(sql.raw(statement)), end };
}

function openPrisma(options: PoolOptions, wrapped: boolean): Sender {
  const bare = () => new PrismaClient({ adapter: createPrismaMariaDb(options, { connectionLimit: 1 }) });
  // Prisma's types have no name for what the extension makes of a client.
  const prisma = wrapped
    ? (new PrismaClient({ adapter: new PrismaMySQL2(options) }).$extends(resilience()) as unknown as PrismaClient)
    : bare();
  return {
    send: async (statement) => await prisma.$queryRawUnsafe(statement),
    end: () => prisma.$disconnect(),
  };
}

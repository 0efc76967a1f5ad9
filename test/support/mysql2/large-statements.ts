import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { withResilience as resilientDrizzle } from '../../../adapters/drizzle/index.ts';
import { type Resilient, transaction, withResilience } from '../../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions } from '../../../src/index.ts';

/** One way to send a large INSERT into `stage_blobs`, or a row of `all_types`. */
export interface LargeWrite {
  readonly way: string;
  /** Opens what sends. Whoever opens it also ends it. */
  open(options: PoolOptions, policy: ResilienceOptions): LargeSender;
}

export interface LargeSender {
  send(data: Buffer): Promise<unknown>;
  /** Something small. */
  ask(): Promise<unknown>;
  end(): Promise<unknown>;
}

const insert = 'INSERT INTO stage_blobs (data) VALUES (?)';
/** With all that is to be written in its text. */
const insertText = (data: Buffer) => `INSERT INTO stage_blobs (data) VALUES ('${data.toString('latin1')}')`;

type Send = (pool: Resilient<Pool>, data: Buffer) => Promise<unknown>;

function onPool(way: string, send: Send): LargeWrite {
  return {
    way,
    open: (options, policy) => {
      const pool = withResilience(createPool(options), policy);
      return { send: (data) => send(pool, data), ask: () => pool.query('SELECT 1'), end: () => pool.end() };
    },
  };
}

async function held(pool: Resilient<Pool>, send: (connection: Pick<Pool, 'query' | 'execute'>) => Promise<unknown>) {
  const connection = await pool.getConnection();
  try {
    return await send(connection);
  } finally {
    connection.release();
  }
}

function onDrizzle(way: string, inTransaction: boolean): LargeWrite {
  return {
    way,
    open: (options, policy) => {
      const pool = createPool(options);
      const db = resilientDrizzle(drizzle(pool), policy);
      const write = (data: Buffer) => sql`INSERT INTO stage_blobs (data) VALUES (${data})`;
      return {
        send: (data) => (inTransaction ? db.transaction((tx) => tx.execute(write(data))) : db.execute(write(data))),
        ask: () => db.execute(sql`SELECT 1`),
        end: () => pool.end(),
      };
    },
  };
}

type PrismaSend = (prisma: PrismaClient, data: Buffer<ArrayBuffer>) => Promise<unknown>;

function onPrisma(way: string, isExtended: boolean, send: PrismaSend): LargeWrite {
  return {
    way: `PrismaMySQL2${isExtended ? ' and resilience()' : ''}, ${way}`,
    open: (options, policy) => {
      const pool = createPool(options);
      const plain = new PrismaClient({ adapter: new PrismaMySQL2(pool, { policy }) });
      const prisma = isExtended ? (plain.$extends(resilience()) as unknown as PrismaClient) : plain;
      const end = async () => {
        await prisma.$disconnect();
        await pool.end();
      };
      return { send: (data) => send(prisma, Buffer.from(data)), ask: () => prisma.$queryRaw`SELECT 1`, end };
    },
  };
}

const executeRaw: PrismaSend = (prisma, data) => prisma.$executeRaw`INSERT INTO stage_blobs (data) VALUES (${data})`;
const create: PrismaSend = (prisma, data) => prisma.allTypes.create({ data: { longBlob: data } });
const inTransaction: PrismaSend = (prisma, data) => prisma.$transaction((tx) => executeRaw(tx as PrismaClient, data));

/** All who send statements through gone-away, and what is lost in a transaction or on a connection that the caller holds. */
export const largeWrites: readonly LargeWrite[] = [
  onPool('query', (pool, data) => pool.query(insertText(data))),
  onPool('execute', (pool, data) => pool.execute(insert, [data])),
  onPool('execute with all in its text', (pool, data) => pool.execute(insertText(data))),
  onPool('with `idempotent`', (pool, data) => pool.$resilience({ idempotent: true }).execute(insert, [data])),
  onPool('with no retries', (pool, data) => pool.$resilience({ retries: 0 }).execute(insert, [data])),
  onPool('in a transaction', (pool, data) => transaction(pool, (tx) => tx.execute(insert, [data]))),
  onPool('in a transaction, in its text', (pool, data) => transaction(pool, (tx) => tx.execute(insertText(data)))),
  onPool('in a transaction, behind another statement', (pool, data) =>
    transaction(pool, async (tx) => {
      await tx.execute(insert, ['x']);
      await tx.query(insertText(data));
    }),
  ),
  onPool('in a transaction whose callback swallows it', (pool, data) =>
    transaction(pool, async (tx) => {
      await tx.execute(insert, ['x']);
      await tx.execute(insert, [data]).catch(() => {});
    }),
  ),
  onPool('in a transaction that may run again', (pool, data) =>
    transaction(pool, (tx) => tx.execute(insert, [data]), { rerun: true }),
  ),
  onPool('query on a held connection', (pool, data) => held(pool, (connection) => connection.query(insertText(data)))),
  onPool('execute on a held connection', (pool, data) =>
    held(pool, (connection) => connection.execute(insert, [data])),
  ),
  onPool('execute on a held connection, in its text', (pool, data) =>
    held(pool, (connection) => connection.execute(insertText(data))),
  ),
  onPool('in a transaction on a held connection', (pool, data) =>
    held(pool, async (connection) => {
      await connection.query('BEGIN');
      await connection.execute(insert, [data]);
    }),
  ),
  {
    way: 'callback pool',
    open: (options, policy) => {
      const pool = withResilience(createCallbackPool(options), policy);
      return {
        send: (data) =>
          new Promise((resolve, reject) => {
            pool.execute(insert, [data], (error, result) => (error ? reject(error) : resolve(result)));
          }),
        ask: () => pool.promise().query('SELECT 1'),
        end: () => pool.promise().end(),
      };
    },
  },
  {
    way: 'events of a callback pool',
    open: (options, policy) => {
      const pool = withResilience(createCallbackPool(options), policy);
      return {
        send: (data) =>
          new Promise<void>((resolve, reject) => {
            pool.query(insertText(data)).on('error', reject).on('end', resolve);
          }),
        ask: () => pool.promise().query('SELECT 1'),
        end: () => pool.promise().end(),
      };
    },
  },
  onDrizzle('Drizzle', false),
  onDrizzle('Drizzle, in a transaction', true),
  onPrisma('$executeRaw', false, executeRaw),
  onPrisma('create', false, create),
  onPrisma('$transaction(callback)', false, inTransaction),
  onPrisma('$executeRaw', true, executeRaw),
  onPrisma('create', true, create),
  onPrisma('$transaction(callback)', true, inTransaction),
];

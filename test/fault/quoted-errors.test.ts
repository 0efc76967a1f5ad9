import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { withResilience as withResilientDrizzle } from '../../adapters/drizzle/index.ts';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { classify, isGoneAwayError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { createPrismaMariaDb } from '../support/prisma/prisma-mariadb.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** What drivers and servers say when something is lost. Here it is the value of a unique column. */
const values = [
  "Can't add new command when connection is in closed state",
  'Pool is closed.',
  'packets out of order',
  'read ECONNRESET',
  'WSREP has not yet prepared node for application use',
  'WSREP detected deadlock/conflict',
  'no healthy tablet',
  'Transaction API error: Unable to start a transaction in the given time.',
];

interface Client {
  write(value: string): Promise<unknown>;
  inTransaction(value: string): Promise<unknown>;
  end(): Promise<unknown>;
}

const insert = 'INSERT INTO quotes (quote) VALUES (?)';

function prismaOn(adapter: PrismaMySQL2 | ReturnType<typeof createPrismaMariaDb>, policy: ResilienceOptions): Client {
  const prisma = new PrismaClient({ adapter }).$extends(resilience(policy));
  return {
    write: async (value) => prisma.$executeRawUnsafe(insert, value),
    inTransaction: (value) =>
      prisma.$transaction(async (tx) => void (await tx.$executeRawUnsafe(insert, value)), { rerun: true }),
    end: () => prisma.$disconnect(),
  };
}

const clients: Readonly<Record<string, (connection: PoolOptions, policy: ResilienceOptions) => Client>> = {
  mysql2: (connection, policy) => {
    const pool = withResilience(createPool(connection), policy);
    return {
      write: (value) => pool.execute(insert, [value]),
      inTransaction: (value) => transaction(pool, (tx) => tx.query(insert, [value]), { rerun: true }),
      end: () => pool.end(),
    };
  },
  'a callback pool of mysql2': (connection, policy) => {
    const pool = withResilience(createCallbackPool(connection), policy);
    return {
      write: (value) =>
        new Promise((resolve, reject) => {
          pool.execute(insert, [value], (error, result) => (error ? reject(error) : resolve(result)));
        }),
      inTransaction: (value) => transaction(pool, (tx) => tx.execute(insert, [value]), { rerun: true }),
      end: () => pool.promise().end(),
    };
  },
  Drizzle: (connection, policy) => {
    const pool = createPool(connection);
    const db = withResilientDrizzle(drizzle(pool), policy);
    const inserting = (value: string) => sql`INSERT INTO quotes (quote) VALUES (${value})`;
    return {
      write: async (value) => db.execute(inserting(value)),
      inTransaction: (value) => db.transaction(async (tx) => tx.execute(inserting(value)), { rerun: true }),
      end: () => pool.end(),
    };
  },
  Prisma: (connection, policy) => {
    const pool = createPool(connection);
    const client = prismaOn(new PrismaMySQL2(pool, { policy }), policy);
    return { ...client, end: () => pool.end().then(() => client.end()) };
  },
  'Prisma on its own adapter': (connection, policy) => prismaOn(createPrismaMariaDb(connection), policy),
};

describe.each(Object.entries(clients))(
  "a duplicate key whose value is a driver's error is the server's error: %s",
  unhurried,
  (_name, create) => {
    const stage = useStage('quoted');
    beforeEach(async () => {
      await stage.server.admin('DROP TABLE IF EXISTS quotes');
      await stage.server.admin('CREATE TABLE quotes (id INT AUTO_INCREMENT PRIMARY KEY, quote VARCHAR(200) UNIQUE)');
    });

    test.each(values)('%s', async (value) => {
      await stage.server.admin('INSERT INTO quotes (quote) VALUES (?)', [value]);
      const retries: unknown[] = [];
      const client = stage.closing(create(stage.proxied(), { onRetry: (event) => retries.push(event) }));
      for (const work of ['write', 'inTransaction'] as const) {
        const error = await failureOf(client[work](value));
        expect(isGoneAwayError(error)).toBe(false);
        expect(classify(error)).toMatchObject({ outcome: 'failed', transient: false, invalidates: 'nothing' });
      }
      expect(retries).toEqual([]);
      expect(await stage.server.admin('SELECT COUNT(*) AS n FROM quotes')).toEqual([{ n: 1 }]);
    });
  },
);

import type { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { createPool } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../../adapters/prisma/index.ts';
import { Prisma, PrismaClient } from '../../../prisma/generated/client.ts';
import { type ResilienceOptions, retryPolicy } from '../../../src/index.ts';
import { createPrismaMariaDb } from '../../support/prisma/prisma-mariadb.ts';
import type { Binding, BindingStatements, CreateBinding, Rows } from '../binding.ts';

type Client = ReturnType<typeof createClient>;
type Raw = Pick<Client, '$queryRaw' | '$queryRawUnsafe' | '$executeRaw' | '$executeRawUnsafe'>;
type Ids = readonly { readonly id: number }[];

/** `PrismaMySQL2` on a pool of the caller's, and the extension on top. */
export const createPrismaBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const pool = createPool({ ...connection, connectionLimit });
  const prisma = createClient(new PrismaMySQL2(pool, { policy }), policy);
  const end = async () => {
    await pool.end();
    await prisma.$disconnect();
  };
  return createBinding(prisma, pool.pool, end);
};

/** The extension on Prisma's own adapter, which brings no evidence. */
export const createForeignBinding: CreateBinding = ({ connection, connectionLimit = 10, policy }) => {
  const adapter = createPrismaMariaDb(connection, { connectionLimit, acquireTimeout: 3_000, connectTimeout: 400 });
  const prisma = createClient(adapter, policy);
  return createBinding(prisma, undefined, () => prisma.$disconnect());
};

function createClient(adapter: PrismaMySQL2 | PrismaMariaDb, policy: ResilienceOptions | undefined) {
  return new PrismaClient({ adapter, transactionOptions: { maxWait: 60_000, timeout: 60_000 } }).$extends(
    // Its part about connections is for the adapter.
    resilience(retryPolicy(policy)),
  );
}

function statements(client: Raw): BindingStatements {
  return {
    read: async () => idsOf(await client.$queryRaw<Ids>`SELECT id FROM stage_rows ORDER BY seq`),
    // Prisma sends nothing before somebody waits for it; the suite wants it under way at once.
    insert: async (id) => await client.$executeRaw`INSERT INTO stage_rows (id) VALUES (${id})`,
    count: async (id) => await client.$executeRaw`UPDATE stage_keyed SET writes = writes + 1 WHERE id = ${id}`,
    send: async (sql) => await client.$executeRawUnsafe(sql),
    rowsOf: async (sql) => await client.$queryRawUnsafe<Rows>(sql),
  };
}

function createBinding(prisma: Client, pool: Binding['pool'], end: () => Promise<unknown>): Binding {
  return {
    prepares: pool !== undefined,
    pool,
    ...statements(prisma),
    readForUpdate: async () => idsOf(await prisma.$queryRaw<Ids>`SELECT id FROM stage_rows ORDER BY seq FOR UPDATE`),
    upsertIdempotently: async (id) =>
      await prisma.$resilience({ idempotent: true })
        .$executeRaw`INSERT INTO stage_keyed (id) VALUES (${id}) ON DUPLICATE KEY UPDATE writes = writes + 1`,
    select: async (expression) => {
      const [row] = await prisma.$queryRaw<{ value: unknown }[]>`SELECT ${Prisma.raw(expression)} AS value`;
      return row?.value;
    },
    transaction: (callback, options) =>
      prisma.$transaction((tx, context) => callback(statements(tx), context), options),
    with: (options) => createBinding(prisma.$resilience(options), pool, end),
    end,
  };
}

function idsOf(rows: Ids): readonly number[] {
  return rows.map(({ id }) => id);
}

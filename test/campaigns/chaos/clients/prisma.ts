import type { Pool } from 'mysql2/promise';
import type { Resilient } from '../../../../adapters/mysql2/index.ts';
import type { ResilienceMethods } from '../../../../adapters/prisma/index.ts';
import type { PrismaClient } from '../../../../prisma/generated/client.ts';
import type { TransactionDefaults } from '../../../../src/index.ts';
import { allTheMoney, itemValue } from '../tables.ts';
import type { Work } from '../work.ts';
import { callOptions, expectAnswer, keyOf, transferOptions } from './client.ts';
import { type PlainWork, perform } from './perform.ts';
import type { Lone } from './session.ts';
import type { Sender as UnrulySender } from './unruly.ts';

type Raw = '$queryRaw' | '$queryRawUnsafe' | '$executeRawUnsafe';
type Sender = Pick<PrismaClient, 'item' | 'account' | 'operation' | Raw>;
export type Database = Sender & ResilienceMethods;

export interface PrismaDatabases {
  readonly db: Database;
  readonly slowlyMade: Database;
  readonly uncommitted: Database;
  /** On the same connections as the first. */
  readonly pool: Resilient<Pool>;
  readonly database: string;
}

/** Runs one call with Prisma and gone-away. */
export async function performWithPrisma(
  { db, slowlyMade, uncommitted, pool, database }: PrismaDatabases,
  work: Work,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const options = callOptions(work.kind, signal);
  const ofCall = (prisma: Database) => (Object.keys(options).length === 0 ? prisma : prisma.$resilience(options));
  const own = ofCall(db);
  return perform(
    {
      plain: (plainWork) => performPlain(own, plainWork),
      transact: (callback, { rerun = false }) =>
        own.$transaction((tx) => callback(senderOn(tx)), inTime<TransactionDefaults>({ rerun })),
      sessions: {
        ...loneOn(own),
        database,
        hold: () => pool.$resilience({ ...(signal && { signal }) }).getConnection(),
        slowlyMade: loneOn(ofCall(slowlyMade)),
        uncommitted: loneOn(ofCall(uncommitted)),
      },
    },
    work,
    signal,
  );
}

function senderOn(tx: Sender): UnrulySender {
  return {
    // Prisma sends nothing before somebody waits for it.
    insert: async (opId, amount) => await tx.operation.create({ data: { opId, amount } }),
    read: async (id) => (await tx.item.findUnique({ where: { id } }))?.value,
    lock: async (id) => await tx.$queryRaw`SELECT * FROM accounts WHERE id = ${id} FOR UPDATE`,
    send: async (sql) => await tx.$executeRawUnsafe(sql),
  };
}

function loneOn(db: Database): Lone {
  return {
    send: async (sql) => await db.$executeRawUnsafe(sql),
    read: async (sql) => (await db.$queryRawUnsafe<{ value: unknown }[]>(sql))[0]?.value,
  };
}

async function performPlain(db: Database, work: PlainWork): Promise<unknown> {
  switch (work.kind) {
    case 'read': {
      const item = await db.item.findUnique({ where: { id: work.item } });
      return expectAnswer(`item ${work.item}`, item?.value, itemValue(work.item));
    }
    case 'sum': {
      const { _sum } = await db.account.aggregate({ _sum: { balance: true } });
      return expectAnswer('all the money', _sum.balance, allTheMoney);
    }
    case 'locking-read':
      return db.$queryRaw`SELECT * FROM accounts WHERE id = ${work.from} FOR UPDATE`;
    case 'insert':
    case 'exact-insert':
      return db.operation.create({ data: { opId: work.id } });
    case 'transfer':
    case 'transfer-rerun':
    case 'transfer-exact':
      return db.$transaction((tx) => transfer(tx, work), inTime<TransactionDefaults>(transferOptions(work.kind)));
    case 'keyed':
      return db.$transaction(
        async (tx) => {
          await tx.operation.create({ data: { opId: work.id, amount: work.draw } });
          return work.draw;
        },
        inTime({ idempotencyKey: keyOf(work) }),
      );
    case 'batch': {
      const row = () => db.operation.create({ data: { opId: work.id } }) as never;
      return db.$transaction([row(), row()]);
    }
    case 'iterate':
      throw new Error('Prisma has no iterators');
    default:
      return work.kind satisfies never;
  }
}

/** Prisma ends transactions after five seconds; how long one may take is to be decided by the policy. */
function inTime<T extends object>(options: T): T & { maxWait: number; timeout: number } {
  return { ...options, maxWait: 20_000, timeout: 30_000 };
}

async function transfer(tx: Sender, { id, from, to, amount }: Work): Promise<void> {
  await tx.$queryRaw`SELECT * FROM accounts WHERE id IN (${from}, ${to}) FOR UPDATE`;
  await tx.operation.create({ data: { opId: id, from, to, amount } });
  await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } });
  await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } });
}

import { withReplicas } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { type Pool as CallbackPool, createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { afterAll, describe, expectTypeOf, test } from 'vitest';
import {
  type Resilient as ResilientDatabase,
  withResilience as withResilientDatabase,
} from '../../adapters/drizzle/index.ts';
import {
  type Resilient as ResilientPool,
  transaction,
  withResilience as withResilientPool,
} from '../../adapters/mysql2/index.ts';
import { createFaultProxy, type LostAnswer, type ServerAddress } from '../../adapters/testing/index.ts';
import type { CallOptions, OutcomeUnknownError, ResilienceOptions, RetriesExhaustedError } from '../../src/index.ts';
import { type OperationDatabase, schema, users } from '../support/drizzle/schema.ts';

/** Nothing connects here: the compiler is what tests, and running it keeps the expressions honest. */
describe('the types', () => {
  const pool = createPool({ host: '127.0.0.1', port: 1 });
  const callbackPool = createCallbackPool({ host: '127.0.0.1', port: 1 });
  afterAll(() => Promise.all([pool.end(), callbackPool.promise().end()]));

  test('of a resilient database are those of the database, and $resilience', () => {
    const bare = drizzle(pool, { schema, mode: 'default' });
    const db = withResilientDatabase(bare);
    expectTypeOf(db).toExtend<typeof bare>();
    expectTypeOf(db).toExtend<OperationDatabase>();
    expectTypeOf(db.$client).toEqualTypeOf<Pool>();
    expectTypeOf(db).toEqualTypeOf<ResilientDatabase<typeof bare>>();
    expectTypeOf(db.$resilience).parameters.toEqualTypeOf<[CallOptions]>();
    expectTypeOf(db.$resilience({ idempotent: true })).toEqualTypeOf<typeof db>();
    expectTypeOf(db.$resilience({ retries: 1 }).query.users.findFirst).toEqualTypeOf<
      typeof bare.query.users.findFirst
    >();
  });

  test('of its queries and transactions are inferred as ever', () => {
    const db = withResilientDatabase(drizzle(pool, { schema, mode: 'default' }));
    const select = () => db.select({ id: users.id, name: users.name }).from(users);
    expectTypeOf<Awaited<ReturnType<typeof select>>>().toEqualTypeOf<{ id: number; name: string }[]>();
    const inTransaction = () => db.transaction(async (tx) => tx.query.users.findFirst({ columns: { id: true } }));
    expectTypeOf<Awaited<ReturnType<typeof inTransaction>>>().toEqualTypeOf<{ id: number } | undefined>();
  });

  test('of transactions that may run again have the count of their runs, and all options of Drizzle', () => {
    const db = withResilientDatabase(drizzle(pool, { schema, mode: 'default' }));
    const rerun = () =>
      db.transaction(
        async (tx, { attempt }) => {
          expectTypeOf(attempt).toEqualTypeOf<number>();
          return tx.query.users.findFirst({ columns: { id: true } });
        },
        { rerun: true, isolationLevel: 'serializable', accessMode: 'read write' },
      );
    expectTypeOf<Awaited<ReturnType<typeof rerun>>>().toEqualTypeOf<{ id: number } | undefined>();
    const once = () => db.transaction(async () => 'done' as const, { exactlyOnce: true });
    expectTypeOf<Awaited<ReturnType<typeof once>>>().toEqualTypeOf<'done'>();
    const keyed = () => transaction(pool, async () => ({ total: 1 }), { idempotencyKey: 'order-42' });
    expectTypeOf<Awaited<ReturnType<typeof keyed>>>().toEqualTypeOf<{ total: number }>();
    // @ts-expect-error a key is a text
    const wrongKey = () => db.transaction(async () => 1, { idempotencyKey: 42 });
    expectTypeOf(wrongKey).toBeFunction();
    expectTypeOf<{ idempotencyKey: string }>().not.toExtend<CallOptions['transactions']>();
    // @ts-expect-error there is no such thing
    const wrong = () => db.transaction(async () => 1, { retry: 'always' });
    expectTypeOf(wrong).toBeFunction();
    const plain = () =>
      transaction(pool, async (connection, { attempt }) => {
        const [rows] = await connection.query<RowDataPacket[]>('SELECT 1');
        return [rows, attempt] as const;
      });
    expectTypeOf<Awaited<ReturnType<typeof plain>>>().toEqualTypeOf<readonly [RowDataPacket[], number]>();
  });

  test('of a database with replicas are kept', () => {
    const bare = withReplicas(drizzle(pool), [drizzle(pool)]);
    const db = withResilientDatabase(bare);
    expectTypeOf(db.$primary).toEqualTypeOf<typeof bare.$primary>();
    expectTypeOf(db).toExtend<MySql2Database>();
  });

  test('of a resilient pool are those of the pool, and $resilience', async () => {
    const resilient = withResilientPool(pool);
    expectTypeOf(resilient).toEqualTypeOf<ResilientPool<Pool>>();
    expectTypeOf(resilient).toExtend<Pool>();
    expectTypeOf(resilient.$resilience({ attemptTimeout: 1 })).toEqualTypeOf<typeof resilient>();
    expectTypeOf(resilient.query<RowDataPacket[]>).returns.toEqualTypeOf<
      ReturnType<typeof pool.query<RowDataPacket[]>>
    >();
    expectTypeOf(withResilientPool(callbackPool)).toEqualTypeOf<ResilientPool<CallbackPool>>();
    const fromOptions = withResilientPool({ host: '127.0.0.1', port: 1 });
    expectTypeOf(fromOptions).toEqualTypeOf<ResilientPool<Pool>>();
    const fromUrl = withResilientPool('mysql://127.0.0.1:1/app');
    expectTypeOf(fromUrl).toEqualTypeOf<ResilientPool<Pool>>();
    await Promise.all([fromOptions.end(), fromUrl.end()]);
  });

  test('keep single calls from setting what belongs to the pool', () => {
    expectTypeOf<{ budget: false }>().not.toExtend<CallOptions>();
    expectTypeOf<{ liveness: { idleTimeout: 1 } }>().toExtend<ResilienceOptions>();
    expectTypeOf<keyof CallOptions>().not.toEqualTypeOf<keyof ResilienceOptions>();
  });

  test('of the fault proxy say what it takes, and what can be awaited', async () => {
    const faults = await createFaultProxy(new URL('mysql://127.0.0.1:1/app'), { plaintext: true });
    expectTypeOf(faults).toExtend<AsyncDisposable>();
    expectTypeOf(createFaultProxy).parameter(0).toEqualTypeOf<string | URL | ServerAddress>();
    expectTypeOf(faults.loseNextAnswer).returns.toEqualTypeOf<Promise<LostAnswer>>();
    expectTypeOf(faults.loseAnswerOf).parameters.toEqualTypeOf<[pattern: RegExp]>();
    expectTypeOf(faults.cutAfterBytes).returns.toEqualTypeOf<Promise<void>>();
    // @ts-expect-error there is no such direction
    const wrong = () => faults.cutAfterBytes(1, { direction: 'both' });
    expectTypeOf(wrong).toBeFunction();
    await faults.close();
  });

  test('tell the errors apart by their code', () => {
    expectTypeOf<OutcomeUnknownError['code']>().toEqualTypeOf<'ERR_GONE_AWAY_OUTCOME_UNKNOWN'>();
    expectTypeOf<RetriesExhaustedError['errors']>().toEqualTypeOf<readonly unknown[]>();
  });
});

import { int, type MySqlTransactionConfig, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/drizzle/index.ts';
import { classify, type ResilienceOptions, RetriesExhaustedError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const rows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });

/** Drizzle's own transaction() keeps the connection for ever then, in whatever state it is. */
describe('a transaction of Drizzle that is refused before its callback', unhurried, () => {
  const stage = useStage('drizzle-refused');
  const open = (policy: ResilienceOptions = {}): Resilient<MySql2Database> =>
    withResilience(drizzle(stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }))), policy);
  type Transaction = Parameters<Parameters<MySql2Database['transaction']>[0]>[0];
  const insertOne = () => vi.fn((tx: Transaction) => tx.insert(rows).values({ id: 1 }));

  test('leaks no connection when SET TRANSACTION is', async () => {
    const db = open();
    const callback = insertOne();
    const config = { isolationLevel: 'no such level' } as unknown as MySqlTransactionConfig;
    expect(classify(await failureOf(db.transaction(callback, config)))).toMatchObject({ errno: 1064 });
    expect(callback).not.toHaveBeenCalled();
    await db.transaction((tx) => tx.insert(rows).values({ id: 9 }));
    expect(await stage.rows()).toEqual([9]);
  });

  test('leaves no isolation level behind for the next one when START TRANSACTION is', async () => {
    const db = open();
    const config = {
      isolationLevel: 'serializable',
      accessMode: 'no such mode',
    } as unknown as MySqlTransactionConfig;
    expect(classify(await failureOf(db.transaction(insertOne(), config)))).toMatchObject({ errno: 1064 });
    // Not through the pool: what was set for the next transaction must not meet another one first.
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1)');
    await db.transaction(async (tx) => {
      await tx.select().from(rows);
      // Would have to wait for the shared lock of a SERIALIZABLE read.
      await stage.server.admin('SELECT * FROM stage_rows FOR UPDATE NOWAIT');
    });
  });

  test('waits for a read-only server, and then runs once', async () => {
    const retried: unknown[] = [];
    const db = open({ retries: 1_000, maxTimeout: 100, onRetry: ({ failure }) => retried.push(failure.kind) });
    const callback = insertOne();
    await stage.server.admin('SET GLOBAL read_only = 1');
    const work = later(db.transaction(callback, { isolationLevel: 'read committed', accessMode: 'read write' }));
    await expect.poll(() => retried.length, patient).toBeGreaterThan(0);
    expect(callback).not.toHaveBeenCalled();
    await stage.server.admin('SET GLOBAL read_only = 0');
    await work;
    expect(callback).toHaveBeenCalledOnce();
    expect(await stage.rows()).toEqual([1]);
  });

  test('leaks neither its connection nor its isolation level when START TRANSACTION is', async () => {
    const db = open({ maxRetryTime: 1_000, minTimeout: 0, maxTimeout: 0 });
    await db.select().from(rows);
    const before = await stage.server.threads();
    await stage.server.admin('SET GLOBAL read_only = 1');
    const config = { isolationLevel: 'serializable', accessMode: 'read write' } as const;
    expect(await failureOf(db.transaction(insertOne(), config))).toBeInstanceOf(RetriesExhaustedError);
    expect(await db.select().from(rows)).toEqual([]);
    expect(await stage.server.threads()).not.toEqual(before);
  });
});

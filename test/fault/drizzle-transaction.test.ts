import { DrizzleQueryError, sql, TransactionRollbackError } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/drizzle/index.ts';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { unhurried, useStage } from '../support/stage.ts';

const rows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });
const keyed = mysqlTable('stage_keyed', { id: int().primaryKey(), writes: int().notNull().default(1) });

/** What Drizzle's own transaction() gets wrong on a connection that is lost or a statement that is refused. */
describe('a transaction of Drizzle', unhurried, () => {
  const stage = useStage('drizzle-tx');

  const open = (): Resilient<MySql2Database> =>
    withResilience(drizzle(stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }))));
  type Transaction = Parameters<Parameters<MySql2Database['transaction']>[0]>[0];
  const insertOne = () => vi.fn((tx: Transaction) => tx.insert(rows).values({ id: 1 }));
  const inFreshTransaction = (db: MySql2Database) => db.transaction((tx) => tx.insert(rows).values({ id: 9 }));

  /** Resets the connection that sends this, before or after the server has had it. */
  const resetAt = (text: string, when: 'before' | 'after'): void => {
    let victim: number | undefined;
    const stop = stage.proxy.onClientData((chunk, connection) => {
      if (!chunk.toString('latin1').includes(text)) return 'forward';
      stop();
      victim = connection.id;
      if (when === 'after') return 'forward';
      connection.reset();
      return 'swallow';
    });
    stage.proxy.onServerData((_, connection) => {
      if (connection.id !== victim) return 'forward';
      connection.reset();
      return 'swallow';
    });
  };

  test.each([
    { statement: 'begin', when: 'before', config: undefined },
    { statement: 'begin', when: 'after', config: undefined },
    { statement: 'set transaction', when: 'before', config: { isolationLevel: 'serializable' } },
    { statement: 'set transaction', when: 'after', config: { isolationLevel: 'serializable' } },
    {
      statement: 'start transaction',
      when: 'after',
      config: { isolationLevel: 'read committed', accessMode: 'read write' },
    },
  ] as const)(
    'begins again without a word when it is lost $when `$statement` is executed',
    async ({ statement, when, config }) => {
      const db = open();
      await db.select().from(rows);
      const callback = insertOne();
      resetAt(statement, when);
      await db.transaction(callback, config);
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([1]);
    },
  );

  test('does not send COMMIT again when it was written and never answered, and runs the callback once', async () => {
    const db = open();
    const callback = insertOne();
    const sent = recordStatements(stage.proxy);
    resetAt('commit', 'after');
    expect(await failureOf(db.transaction(callback))).toBeInstanceOf(OutcomeUnknownError);
    expect(callback).toHaveBeenCalledOnce();
    expect(await stage.rows()).toEqual([1]);
    expect(sent.count('commit')).toBe(1);
    expect(sent.count('rollback')).toBe(0);
    await inFreshTransaction(db);
  });

  test('reports the statement that lost the connection, in the words of Drizzle, and not that ROLLBACK failed', async () => {
    const db = open();
    resetAt('insert', 'before');
    const error = await failureOf(db.transaction((tx) => tx.insert(rows).values({ id: 1 })));
    expect(error).toBeInstanceOf(DrizzleQueryError);
    expect(error).toMatchObject({ query: expect.stringContaining('insert into'), cause: { code: 'ECONNRESET' } });
    expect(await stage.rows()).toEqual([]);
    await inFreshTransaction(db);
  });

  test('reports the first failure when the callback goes on after it', async () => {
    const db = open();
    resetAt('insert', 'before');
    const error = await failureOf(
      db.transaction(async (tx) => {
        await tx
          .insert(rows)
          .values({ id: 1 })
          .catch(() => {});
        await tx.select().from(rows);
      }),
    );
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', code: 'ECONNRESET', outcome: 'rolled-back' });
  });

  test.each(['before', 'after'] as const)(
    'ends with the error of its callback when the connection is lost %s ROLLBACK',
    async (when) => {
      const db = open();
      const own = new Error('not today');
      resetAt('rollback', when);
      const failure = failureOf(
        db.transaction(async (tx) => {
          await tx.insert(rows).values({ id: 1 });
          throw own;
        }),
      );
      expect(await failure).toBe(own);
      expect(await db.select().from(rows)).toEqual([]);
    },
  );

  test('is not taken for a success when the callback swallowed the loss of its connection', async () => {
    const db = open();
    resetAt('insert', 'before');
    const error = await failureOf(
      db.transaction(async (tx) => {
        await tx
          .insert(rows)
          .values({ id: 1 })
          .catch(() => {});
      }),
    );
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
    expect(await stage.rows()).toEqual([]);
  });

  test('is not taken for a success when the callback swallowed a deadlock', async () => {
    const db = open();
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1), (2)');
    const error = await stage.asRoot(async (root) => {
      await root.query('BEGIN');
      // InnoDB sacrifices whoever has changed less.
      await root.query(`INSERT INTO stage_keyed (id) VALUES ${Array.from({ length: 50 }, (_, i) => `(${100 + i})`)}`);
      await root.query('UPDATE stage_keyed SET writes = 2 WHERE id = 1');
      let rival: Promise<unknown> = Promise.resolve();
      const failure = await failureOf(
        db.transaction(async (tx) => {
          await tx.update(keyed).set({ writes: 3 }).where(sql`id = 2`);
          rival = later(root.query('UPDATE stage_keyed SET writes = 2 WHERE id = 2'));
          await stage.inFlightBehindRow();
          await tx
            .update(keyed)
            .set({ writes: 3 })
            .where(sql`id = 1`)
            .catch(() => {});
        }),
      );
      await rival;
      await root.query('ROLLBACK');
      return failure;
    });
    expect(classify(error)).toMatchObject({ errno: 1213, kind: 'deadlock', outcome: 'rolled-back' });
    expect(await stage.server.admin('SELECT id, writes FROM stage_keyed')).toEqual([
      { id: 1, writes: 1 },
      { id: 2, writes: 1 },
    ]);
    await inFreshTransaction(db);
  });

  test('gives an error of the server in a statement back as it is, and rolls back', async () => {
    const db = open();
    const error = await failureOf(
      db.transaction(async (tx) => {
        await tx.insert(keyed).values({ id: 1 });
        await tx.insert(keyed).values({ id: 1 });
      }),
    );
    expect(error).toBeInstanceOf(DrizzleQueryError);
    expect(error.cause).toMatchObject({ errno: 1062 });
    expect(await db.select().from(keyed)).toEqual([]);
  });

  test('goes on after an error of one statement that the callback handled', async () => {
    const db = open();
    await db.transaction(async (tx) => {
      await tx.insert(keyed).values({ id: 1 });
      await tx
        .insert(keyed)
        .values({ id: 1 })
        .catch(() => {});
      await tx.insert(keyed).values({ id: 2 });
    });
    expect(await db.select({ id: keyed.id }).from(keyed)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('rolls back on tx.rollback(), with the error of Drizzle', async () => {
    const db = open();
    const failure = failureOf(
      db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: 1 });
        tx.rollback();
      }),
    );
    expect(await failure).toBeInstanceOf(TransactionRollbackError);
    expect(await db.select().from(rows)).toEqual([]);
  });

  test('of which twenty run at once on one connection takes turns', async () => {
    const db = open();
    await Promise.all(Array.from({ length: 20 }, (_, id) => db.transaction((tx) => tx.insert(rows).values({ id }))));
    expect(await stage.rows()).toHaveLength(20);
    expect(stage.proxy.connections()).toBe(1);
  });
});

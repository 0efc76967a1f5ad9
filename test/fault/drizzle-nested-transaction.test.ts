import { sql } from 'drizzle-orm';
import { int, type MySqlTransactionConfig, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/drizzle/index.ts';
import { classify } from '../../src/index.ts';
import { causesOf } from '../../src/internal.ts';
import { failureOf } from '../contract/outcome.ts';
import { unless } from '../support/server/server-differences.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const rows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });

type Transact = (callback: () => Promise<void>, config: object | undefined) => Promise<void>;

describe('nested transactions of Drizzle', unhurried, () => {
  const stage = useStage('drizzle-nested');
  const open = (): Resilient<MySql2Database> =>
    withResilience(drizzle(stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }))));

  test('keep what they did when the outer one commits, three deep', async () => {
    await open().transaction(async (tx) => {
      await tx.insert(rows).values({ id: 1 });
      await tx.transaction(async (inner) => {
        await inner.insert(rows).values({ id: 2 });
        await inner.transaction(async (innermost) => {
          await innermost.insert(rows).values({ id: 3 });
        });
      });
    });
    expect(await stage.rows()).toEqual([1, 2, 3]);
  });

  test('undo their own part only, when the outer callback handles their error', async () => {
    const own = new Error('inner trouble');
    await open().transaction(async (tx) => {
      await tx.insert(rows).values({ id: 1 });
      const failure = failureOf(
        tx.transaction(async (inner) => {
          await inner.insert(rows).values({ id: 2 });
          throw own;
        }),
      );
      expect(await failure).toBe(own);
      await tx.transaction((inner) => inner.insert(rows).values({ id: 3 }));
      await tx.insert(rows).values({ id: 4 });
    });
    expect(await stage.rows()).toEqual([1, 3, 4]);
  });

  test('are refused with an option that nobody knows, or a wrong value, as the outermost are, before their callback runs', async () => {
    const callback = vi.fn(async () => {});
    await open().transaction(async (tx) => {
      const messages: [config: object, message: RegExp][] = [
        [{ rety: 1 }, /^Unknown option `rety` of a transaction; expected one of: isolationLevel/],
        [{ rerun: 1 }, /^Expected `rerun`/],
        [{ retries: 3 }, /^Unexpected option `retries` of a transaction: it is for calls/],
      ];
      for (const [config, message] of messages) {
        for (const outer of [open(), tx]) {
          const failure = await failureOf((outer.transaction as Transact)(callback, config));
          expect(failure).toMatchObject({ name: 'TypeError', message: expect.stringMatching(message) });
        }
      }
      expect(callback).not.toHaveBeenCalled();
      // What serves a database and a `tx` alike says the same to both.
      const config = { isolationLevel: 'serializable', accessMode: 'read write', rerun: true };
      await (tx.transaction as Transact)(callback, config);
      await (tx.transaction as Transact)(callback, undefined);
    });
    expect(callback).toHaveBeenCalledTimes(2);
  });

  test('give the result of their callback', async () => {
    expect(await open().transaction((tx) => tx.transaction(async () => 'inner'))).toBe('inner');
  });

  test('end with the error of their callback, also when the connection died meanwhile', async () => {
    const db = open();
    const own = new Error('inner trouble');
    const failure = failureOf(
      db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: 1 });
        await tx.transaction(async () => {
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
          throw own;
        });
      }),
    );
    expect(await failure).toBe(own);
    expect(await stage.rows()).toEqual([]);
    expect(await db.select().from(rows)).toEqual([]);
  });

  test('say so where the server could not undo their part, as on a bare database', async () => {
    const own = new Error('inner trouble');
    const db = open();
    const failure = db.transaction(async (tx) => {
      await tx.transaction(async (inner) => {
        await inner.insert(rows).values({ id: 1 });
        // It commits by itself, and the savepoint is gone with that.
        await inner.execute(sql`CREATE TABLE IF NOT EXISTS nested_ddl (id INT)`);
        throw own;
      });
    });
    const error = await failureOf(failure);
    expect(causesOf(error)).toMatchObject([{ name: 'Error' }, { errno: 1305 }, own]);
    expect(await stage.rows()).toEqual([1]);
  });

  test('are refused beside one of the same transaction that is open: both would be undone for one of them', async () => {
    let told: readonly PromiseSettledResult<unknown>[] = [];
    await open().transaction(async (tx) => {
      const first = tx.transaction(async (inner) => {
        await inner.insert(rows).values({ id: 1 });
        await inner.transaction((innermost) => innermost.insert(rows).values({ id: 2 }));
      });
      const second = tx.transaction((inner) => inner.insert(rows).values({ id: 3 }));
      told = await Promise.allSettled([first, second]);
      await tx.transaction((inner) => inner.insert(rows).values({ id: 4 }));
    });
    expect(told).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: { name: 'TypeError', message: expect.stringMatching(/^A nested transaction is open/) },
      },
    ]);
    expect(await stage.rows()).toEqual([1, 2, 4]);
  });

  test.each(['savepoint', 'release savepoint'])(
    'are undone as a whole when the connection is lost at `%s`',
    async (statement) => {
      const db = open();
      const stop = stage.proxy.onClientData((chunk, connection) => {
        // Five bytes of header; with MySQL two more, which say that no attributes follow.
        if (!new RegExp(`^(\\0\\x01)?${statement}`).test(chunk.toString('latin1', 5))) return 'forward';
        stop();
        connection.reset();
        return 'swallow';
      });
      const error = await failureOf(
        db.transaction(async (tx) => {
          await tx.insert(rows).values({ id: 1 });
          await tx.transaction((inner) => inner.insert(rows).values({ id: 2 }));
        }),
      );
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', code: 'ECONNRESET', outcome: 'rolled-back' });
      expect(await stage.rows()).toEqual([]);
    },
  );

  test('are not taken for a success when the outer callback swallowed the loss of the connection', async () => {
    const db = open();
    const error = await failureOf(
      db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: 1 });
        await tx
          .transaction(async (inner) => {
            stage.proxy.resetAll();
            await inner.insert(rows).values({ id: 2 });
          })
          .catch(() => {});
      }),
    );
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
    expect(await stage.rows()).toEqual([]);
  });
});

describe('the characteristics of a transaction of Drizzle', unhurried, () => {
  const stage = useStage('drizzle-isolation');
  const open = (): Resilient<MySql2Database> =>
    withResilience(drizzle(stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 }))));

  const levels = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const;
  const modes = ['read only', 'read write', undefined] as const;
  const combinations = levels.flatMap((isolationLevel) =>
    modes.flatMap((accessMode) =>
      [true, false].map((withConsistentSnapshot) => ({ isolationLevel, accessMode, withConsistentSnapshot })),
    ),
  );

  test.for(combinations)(
    'hold: $isolationLevel, $accessMode, snapshot $withConsistentSnapshot',
    async ({ isolationLevel, accessMode, withConsistentSnapshot }, { skip }) => {
      // SERIALIZABLE locks what it reads, and the row that it reads here is younger than the snapshot.
      const locksTheStale = withConsistentSnapshot && isolationLevel === 'serializable';
      if (locksTheStale) skip(...unless(stage.server, 'staleSnapshot', 'the row as it is now'));
      const config: MySqlTransactionConfig = {
        isolationLevel,
        withConsistentSnapshot,
        ...(accessMode && { accessMode }),
      };
      const seen = await open().transaction(async (tx) => {
        await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1)');
        const [before] = await tx.execute(sql`SELECT CONNECTION_ID() AS thread`);
        const found = await tx.select().from(rows);
        const thread = (before as unknown as readonly { thread: number }[])[0]?.thread;
        const describing =
          'SELECT LOWER(trx_isolation_level) AS level, trx_is_read_only AS readOnly FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = ?';
        // InnoDB answers from a copy that it does not renew as long as it is asked more often than every 100 ms.
        const [trx] = await vi.waitUntil(
          async () => {
            const found = await stage.server.admin<readonly object[]>(describing, [thread]);
            return found.length > 0 && found;
          },
          { timeout: patient.timeout, interval: 130 },
        );
        return { ...trx, found: found.length };
      }, config);
      // A snapshot is of the beginning, and is kept from REPEATABLE READ on.
      const sees = withConsistentSnapshot && isolationLevel === 'repeatable read' ? 0 : 1;
      expect(seen).toEqual({ level: isolationLevel, readOnly: accessMode === 'read only' ? 1 : 0, found: sees });
    },
  );

  test('refuse a write in a read-only transaction, with the error of the server and without a retry', async () => {
    const retried: unknown[] = [];
    const pool = stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 }));
    const db = withResilience(drizzle(pool), { onRetry: (event) => retried.push(event) });
    const work = db.transaction((tx) => tx.insert(rows).values({ id: 1 }), {
      isolationLevel: 'read committed',
      accessMode: 'read only',
    });
    expect(classify(await failureOf(work))).toMatchObject({ errno: 1792 });
    expect(retried).toEqual([]);
    await db.insert(rows).values({ id: 2 });
    expect(await stage.rows()).toEqual([2]);
  });

  test('apply to one transaction only', async () => {
    const db = open();
    await db.transaction((tx) => tx.select().from(rows), { isolationLevel: 'serializable', accessMode: 'read only' });
    await db.transaction((tx) => tx.insert(rows).values({ id: 1 }));
    expect(await stage.rows()).toEqual([1]);
  });
});

import { alias, int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/drizzle/index.ts';
import { AttemptTimeoutError, classify, OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { watchSockets } from '../support/proxy/watch-sockets.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const rows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });
const total = 20_000;

describe('iterator() of Drizzle', unhurried, () => {
  const stage = useStage('iterator');

  beforeEach(async () => {
    await stage.asRoot(async (root) => {
      const ids = Array.from({ length: total }, (_, index) => `(${index})`);
      await root.query(`INSERT INTO stage_rows (id) VALUES ${ids.join()}`);
    });
  });

  const open = (policy: ResilienceOptions = {}): Resilient<MySql2Database> =>
    withResilience(drizzle(stage.closing(createPool({ ...stage.proxied(), connectionLimit: 1 }))), policy);
  const iterate = (db: Pick<MySql2Database, 'select'>) =>
    db.select({ id: rows.id }).from(rows).orderBy(rows.seq).prepare().iterator();
  const consume = async (iterator: AsyncIterable<{ id: number }>, seen: number[] = []): Promise<number[]> => {
    for await (const { id } of iterator) seen.push(id);
    return seen;
  };
  const expectWorking = async (db: MySql2Database) => expect(await db.$count(rows)).toBe(total);

  test('yields every row once, in order', async () => {
    expect(await consume(iterate(open()))).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  test.each(['rst', 'fin'] as const)(
    'begins again when the connection was lost before the first row (%s)',
    async (how) => {
      const db = open();
      await expectWorking(db);
      const cut = stage.proxy.cutAfter('s2c', 10, how);
      expect(await consume(iterate(db))).toHaveLength(total);
      await cut;
    },
  );

  test('begins a locking read again that was lost before the first row', async () => {
    const db = open();
    await expectWorking(db);
    const unlock = await stage.lock();
    const seen = later(consume(db.select({ id: rows.id }).from(rows).for('update').prepare().iterator()));
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await unlock();
    expect(await seen).toHaveLength(total);
  });

  test.each(['rst', 'fin'] as const)(
    'fails when the connection is lost after that: no row twice, and no early end (%s)',
    async (how) => {
      const db = open();
      await expectWorking(db);
      const cut = stage.proxy.cutAfter('s2c', 100_000, how);
      const seen: number[] = [];
      const error = await failureOf(consume(iterate(db), seen));
      await cut;
      expect(classify(error)).toMatchObject({ kind: 'connection-lost' });
      expect(seen.length).toBeGreaterThan(100);
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index));
      await expectWorking(db);
    },
  );

  test('fails within `attemptTimeout` when nothing comes any more', async () => {
    const db = open({ attemptTimeout: 300 });
    await expectWorking(db);
    const cut = stage.proxy.cutAfter('s2c', 100_000, 'silence');
    const seen: number[] = [];
    expect(await failureOf(consume(iterate(db), seen))).toBeInstanceOf(AttemptTimeoutError);
    await cut;
    expect(seen.length).toBeGreaterThan(100);
    await expectWorking(db);
  });

  test('does not count the time that its user takes as time without an answer', async () => {
    const db = open({ attemptTimeout: 150 });
    let seen = 0;
    for await (const _ of iterate(db)) {
      seen += 1;
      if (seen !== 5) continue;
      const startedAt = performance.now();
      await expect.poll(() => performance.now() - startedAt, patient).toBeGreaterThan(400);
    }
    expect(seen).toBe(total);
  });

  test.each(['break', 'throw'] as const)('leaks nothing when its user leaves by %s', async (how) => {
    const sockets = watchSockets();
    stage.after(async () => sockets.stop());
    const db = open();
    const leaving = async () => {
      for await (const { id } of iterate(db)) {
        if (id === 3 && how === 'break') break;
        if (id === 3) throw new RangeError('enough');
      }
    };
    if (how === 'break') await leaving();
    else await expect(leaving()).rejects.toThrow(RangeError);
    await expectWorking(db);
    await expect.poll(() => sockets.open(stage.proxy.port), patient).toBe(1);
  });

  test('takes no connection before its first row is asked for, and none if that never happens', async () => {
    const db = open();
    const iterator = iterate(db);
    await expectWorking(db);
    await iterator.return(undefined);
    await expectWorking(db);
    expect(await consume(iterator)).toEqual([]);
  });

  test('fails with the error of the server, once, and leaks nothing', async () => {
    const db = open();
    const broken = mysqlTable('stage_rows', { id: int('no_such_column') });
    const error = await failureOf(
      consume(db.select().from(broken).prepare().iterator() as AsyncIterable<{ id: number }>),
    );
    expect(classify(error)).toMatchObject({ errno: 1054 });
    await expectWorking(db);
  });

  test('ends with the reason of a signal, in the middle', async () => {
    const db = open();
    const controller = new AbortController();
    const reason = new Error('enough');
    await expectWorking(db);
    const cut = stage.proxy.cutAfter('s2c', 50_000, 'silence');
    const failure = failureOf(consume(iterate(db.$resilience({ signal: controller.signal }))));
    await cut;
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await expectWorking(db);
  });

  test('waits for a server that is down', async () => {
    const db = open();
    await expectWorking(db);
    await stage.server.stop();
    const all = later(consume(iterate(db)));
    await stage.server.start();
    expect(await all).toHaveLength(total);
  });

  describe('in a transaction', () => {
    test('can be left, and the transaction goes on on the same connection', async () => {
      const db = open();
      await db.transaction(async (tx) => {
        for await (const { id } of iterate(tx)) if (id === 3) break;
        await tx.insert(rows).values({ id: -1 });
      });
      expect(await stage.countOf(-1)).toBe(1);
      expect(stage.proxy.connections()).toBe(1);
    });

    const inTransaction = (
      db: Resilient<MySql2Database>,
      work: (tx: Tx, ids: AsyncIterable<{ id: number }>) => Promise<unknown>,
    ) => db.transaction(async (tx) => work(tx, iterate(tx as never)));
    type Tx = Parameters<Parameters<Resilient<MySql2Database>['transaction']>[0]>[0];

    test('lets statements of the same transaction through in its loop, which wait for its rows to come and not to be read', async () => {
      const db = open();
      let read = 0;
      await inTransaction(db, async (tx, ids) => {
        for await (const { id } of ids) {
          read += 1;
          if (id % 5_000 === 0) await tx.insert(rows).values({ id: -1 });
        }
      });
      expect(read).toBe(total);
      expect(await stage.countOf(-1)).toBe(4);
    });

    test('that has more rows than are kept in memory for that refuses a statement in its loop, and says why', async () => {
      await stage.asRoot(async (root) => {
        for (let more = 0; more < 2; more += 1)
          await root.query('INSERT INTO stage_rows (id) SELECT id FROM stage_rows');
      });
      const db = open();
      let read = 0;
      await inTransaction(db, async (tx, ids) => {
        for await (const _row of ids) {
          read += 1;
          if (read > 1) continue;
          const error = await failureOf(tx.insert(rows).values({ id: -1 }));
          expect(String(error.cause)).toMatch('was called while your code reads rows of the same transaction');
        }
        await tx.insert(rows).values({ id: -2 });
      });
      expect(read).toBe(total * 4);
      expect([await stage.countOf(-1), await stage.countOf(-2)]).toEqual([0, 1]);
    });

    test('of which some rows were read when the callback returned does not keep COMMIT waiting', async () => {
      const db = open();
      let iterator: AsyncIterator<{ id: number }> | undefined;
      await inTransaction(db, async (tx, ids) => {
        iterator = ids[Symbol.asyncIterator]();
        expect(await iterator.next()).toMatchObject({ value: { id: 0 } });
        tx.insert(rows)
          .values({ id: -1 })
          .then(undefined, () => {});
      });
      expect(await stage.countOf(-1)).toBe(1);
      expect(await iterator?.next()).toMatchObject({ value: { id: 1 } });
    });

    test('and not read to its end, is dropped when the callback throws, and a reader that goes on hears of it', async () => {
      const db = open();
      const mine = new Error('mine');
      let rest: AsyncGenerator<{ id: number }> | undefined;
      const error = await failureOf(
        db.transaction(async (tx) => {
          await tx.insert(rows).values({ id: -1 });
          rest = iterate(tx) as typeof rest;
          await rest?.next();
          throw mine;
        }),
      );
      expect(error).toBe(mine);
      expect(await stage.countOf(-1)).toBe(0);
      if (rest === undefined) throw new Error('The callback did not run');
      expect(String(await failureOf(consume(rest)))).toContain('has ended');
      await expectWorking(db);
    });

    test('as its first statement, begins again when the connection was lost before, and nothing is begun for nothing', async () => {
      const db = open();
      const sent = recordStatements(stage.proxy);
      const callback = vi.fn(async (tx: Pick<MySql2Database, 'select'>) => {
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        return (await consume(iterate(tx))).length;
      });
      expect(await db.transaction(callback)).toBe(total);
      expect(callback).toHaveBeenCalledOnce();
      expect(sent.count('begin')).toBe(2);
    });

    test('as its first statement, begins again when the server refuses it, until it does not', async () => {
      const db = open({ minTimeout: 10, maxTimeout: 50, retries: 100 });
      await expectWorking(db);
      await stage.server.admin('SET GLOBAL read_only = 1');
      const sent = recordStatements(stage.proxy);
      const callback = vi.fn((tx: Pick<MySql2Database, 'insert'>) =>
        consume(tx.insert(rows).values({ id: -1 }).prepare().iterator() as unknown as ReturnType<typeof iterate>),
      );
      const work = later(db.transaction(callback));
      await expect.poll(() => sent.count('insert into'), { ...patient, interval: 1 }).toBeGreaterThan(0);
      await stage.server.admin('SET GLOBAL read_only = 0');
      await work;
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.countOf(-1)).toBe(1);
      expect(sent.count('begin')).toBe(sent.count('insert into'));
    });

    test('as its first statement, fails once when its connection is lost after the first row, and nothing is begun again', async () => {
      const db = open();
      await expectWorking(db);
      const sent = recordStatements(stage.proxy);
      const seen: number[] = [];
      const callback = vi.fn(async (tx: Pick<MySql2Database, 'select'>) => {
        const cut = stage.proxy.cutAfter('s2c', 100_000, 'rst');
        await Promise.all([consume(iterate(tx), seen), cut]);
      });
      const error = await failureOf(db.transaction(callback));
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
      expect(seen.length).toBeGreaterThan(100);
      expect(callback).toHaveBeenCalledOnce();
      expect(sent.count('begin')).toBe(1);
    });

    test('is not begun again when the connection is lost, and the transaction is undone', async () => {
      const db = open();
      const error = await failureOf(
        db.transaction(async (tx) => {
          await tx.insert(rows).values({ id: -1 });
          const cut = stage.proxy.cutAfter('s2c', 10, 'rst');
          await Promise.all([consume(iterate(tx)), cut]);
        }),
      );
      expect(error).not.toBeInstanceOf(OutcomeUnknownError);
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
      expect(await stage.countOf(-1)).toBe(0);
    });
  });

  test('holds up no transaction whose callback fails while the first row is waited for', async () => {
    const db = open();
    const broken = new Error('other work failed');
    let reading: Promise<unknown> | undefined;
    const work = db.transaction(async (tx) => {
      await tx.insert(rows).values({ id: 1_000_000 });
      reading = failureOf(consume(iterate(tx)));
      throw broken;
    });
    expect(await failureOf(work)).toBe(broken);
    expect(await reading).toMatchObject({ message: expect.stringMatching(/transaction has ended/) });
    await expectWorking(db);
  });

  describe('of a transaction whose callback has returned while more rows are left than are kept', () => {
    const many = 200_000;
    const iterateMany = (db: Pick<MySql2Database, 'select'>) =>
      db.select({ id: rows.id }).from(rows).crossJoin(alias(rows, 'other')).limit(many).prepare().iterator();
    const added = 1_000_000;

    test('drops them where nobody reads: the transaction commits, and a late reader is told', async () => {
      const db = open();
      let iterator: ReturnType<typeof iterateMany> | undefined;
      const returned = await db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: added });
        iterator = iterateMany(tx);
        await iterator.next();
        return 'one is enough';
      });
      expect(returned).toBe('one is enough');
      expect(await stage.countOf(added)).toBe(1);
      await expect(consume(iterator as NonNullable<typeof iterator>)).rejects.toThrow(/transaction has ended/);
    });

    test('drops them also where they were full before, and a statement behind them was refused', async () => {
      const db = open();
      let refusal: Error | undefined;
      await db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: added });
        await iterateMany(tx).next();
        refusal = await failureOf(tx.$count(rows));
      });
      expect(String(refusal?.cause ?? refusal)).toMatch(/more of them are left/);
      expect(await stage.countOf(added)).toBe(1);
    });

    test('undoes a nested transaction that has failed behind them, though its error was caught', async () => {
      const db = open();
      const broken = new Error('not this');
      let told: unknown;
      await db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: added });
        const nested = tx.transaction(async (inner) => {
          await inner.insert(rows).values({ id: added + 1 });
          await iterateMany(inner).next();
          throw broken;
        });
        told = await failureOf(nested);
      });
      expect(told).toBe(broken);
      expect([await stage.countOf(added), await stage.countOf(added + 1)]).toEqual([1, 0]);
    });

    test('waits for a reader that goes on, however slow', async () => {
      const db = open();
      let reader: Promise<number> | undefined;
      await db.transaction(async (tx) => {
        await tx.insert(rows).values({ id: added });
        const iterator = iterateMany(tx);
        await iterator.next();
        reader = readSlowly(iterator);
      });
      expect(await stage.countOf(added)).toBe(1);
      expect(await reader).toBe(many - 1);
    });

    /** Longer in all than rows may be left unread. */
    async function readSlowly(iterator: AsyncIterable<unknown>): Promise<number> {
      let count = 0;
      for await (const _ of iterator) {
        count += 1;
        if (count > 5) continue;
        const startedAt = performance.now();
        await expect.poll(() => performance.now() - startedAt, patient).toBeGreaterThan(3_000);
      }
      return count;
    }
  });
});

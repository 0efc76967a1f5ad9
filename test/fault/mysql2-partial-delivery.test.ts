import { Readable } from 'node:stream';
import { createPool, type Pool, type PoolOptions, type QueryOptions, type ResultSetHeader } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { expectTruth, failureOf, type Told, told } from '../contract/outcome.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

describe('a statement that was lost on its way', unhurried, () => {
  const stage = useStage('partial');
  const open = (options: PoolOptions = {}): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...stage.proxied(), connectionLimit: 1, ...options })));

  test.each([0, 3, 17])(
    'is prepared again when its connection was lost after %i bytes of the answer to PREPARE, and executed once',
    async (passed) => {
      const pool = open();
      await pool.query('SELECT 1');
      const sent = recordStatements(stage.proxy);
      const cut = stage.proxy.cutAfter('s2c', passed, 'rst');
      const work = pool.execute('INSERT INTO stage_rows (id) VALUES (?)', [1]);
      await cut;
      expect((await work)[0]).toMatchObject({ affectedRows: 1 });
      expect(await stage.rows()).toEqual([1]);
      expect(sent.count('insert')).toBe(2);
    },
  );

  test('is not executed again when its connection was lost in EXECUTE', async () => {
    const pool = open();
    await pool.execute('INSERT INTO stage_rows (id) VALUES (?)', [1]);
    const unlock = await stage.lock();
    const failure = failureOf(pool.execute('INSERT INTO stage_rows (id) VALUES (?)', [2]));
    await stage.inFlight(1);
    stage.proxy.resetAll();
    expect(await failure).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect(await stage.countOf(2)).toBeLessThanOrEqual(1);
  });

  test.each(['rst', 'fin'] as const)(
    'of many packets of the network is applied once, or unknown, wherever it is cut (%s)',
    async (how) => {
      const pool = open();
      const answers = new Map<number, Told>();
      const padding = 'x'.repeat(2_000_000);
      for (const [index, passed] of [0, 1, 4, 5, 60, 70_000, 1_000_000, 1_999_999].entries()) {
        await pool.query('SELECT 1');
        const cut = stage.proxy.cutAfter('c2s', passed, how);
        answers.set(index, await told(pool.query(`INSERT /* ${padding} */ INTO stage_rows (id) VALUES (${index})`)));
        await cut;
      }
      await expectTruth(stage, answers);
    },
  );

  describe('and its file with it', () => {
    beforeEach(() => stage.server.admin('SET GLOBAL local_infile = 1'));

    const sql = "LOAD DATA LOCAL INFILE 'rows' INTO TABLE stage_rows (id)";
    // What mysql2 understands and its types do not say.
    const loading = (factory: () => Readable) => ({ sql, infileStreamFactory: factory }) as QueryOptions;

    test('is loaded when nothing happens', async () => {
      const [header] = await open().query<ResultSetHeader>(
        loading(() => Readable.from([Buffer.from('1\n'), Buffer.from('2\n')])),
      );
      expect(header.affectedRows).toBe(2);
      expect(await stage.rows()).toEqual([1, 2]);
    });

    describe.each(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', undefined])(
      'and whose file fails with the code %s',
      (code) => {
        const broken = Object.assign(new Error('no more'), { code });
        const factory = vi.fn(() => Readable.from(half()));
        beforeEach(() => {
          factory.mockClear();
        });

        async function* half() {
          yield Buffer.from('1\n');
          throw broken;
        }

        test('fails with the error of your code, as unknown, and is not loaded again', async () => {
          const error = await failureOf(open().query({ ...loading(factory), idempotent: true } as QueryOptions));
          expect(error).toBe(broken);
          expect(classify(error)).toMatchObject({ kind: 'client-side', outcome: 'unknown', invalidates: 'nothing' });
          expect(factory).toHaveBeenCalledOnce();
          expect(await stage.rows()).toEqual([1]);
        });

        test('is rolled back with its transaction, which is not run again', async () => {
          const work = transaction(open(), (tx) => tx.query(loading(factory)), { rerun: true });
          expect(await failureOf(work)).toBe(broken);
          expect(factory).toHaveBeenCalledOnce();
          expect(await stage.rows()).toEqual([]);
        });

        test('fails in the same way on a held connection, which is as good as before', async () => {
          const held = await open().getConnection();
          const error = await failureOf(held.query(loading(factory)));
          expect(error).toBe(broken);
          expect(classify(error)).toMatchObject({ kind: 'client-side', outcome: 'unknown' });
          expect((await held.query('SELECT 2 AS two'))[0]).toEqual([{ two: 2 }]);
          held.release();
          expect(await stage.rows()).toEqual([1]);
        });
      },
    );

    test('is not loaded again once the server had asked for the file', async () => {
      const pool = open();
      const file = new Readable({ read: () => {} });
      const factory = vi.fn(() => file);
      await pool.query('SELECT 1');
      const failure = failureOf(pool.query(loading(factory)));
      const sent = recordStatements(stage.proxy);
      file.push('1\n');
      await expect.poll(() => sent.packets(), patient).toBeGreaterThanOrEqual(2);
      stage.proxy.resetAll();
      // These are writes that the kernel refuses, but not the one that carried the statement.
      file.push('2\n');
      file.push('3\n');
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
      expect(factory).toHaveBeenCalledOnce();
      expect(await stage.countOf(1)).toBeLessThanOrEqual(1);
    });
  });

  describe.each([
    ['the code ECONNREFUSED', 'ECONNREFUSED', {}],
    ['no code', undefined, {}],
    ['no code, over a compressed connection', undefined, { compress: true }],
  ])('is taken for executed where your `typeCast` has thrown, with %s', (_, code, options) => {
    const openMany = () => open({ multipleStatements: true, ...options });

    test.each([
      ['a write', 'INSERT INTO stage_rows (id) VALUES (1); SELECT id FROM stage_rows', 'unknown', [1]],
      ['a read', 'SELECT 1 AS one', 'failed', []],
      ['a read behind a comment', "/* traceparent='00' */ SELECT 1 AS one", 'failed', []],
    ])('%s', async (_, sql, outcome, rows) => {
      const broken = Object.assign(new Error('no type'), { code });
      const typeCast = () => {
        throw broken;
      };
      const error = await failureOf(openMany().query({ sql, typeCast } as QueryOptions));
      expect(error).toBe(broken);
      expect(classify(error)).toMatchObject({ kind: 'client-side', outcome, transient: false });
      expect(await stage.rows()).toEqual(rows);
    });

    test.each([
      ['first', []],
      ['second', ['INSERT INTO stage_rows (id) VALUES (1)']],
    ])('as the %s statement of a transaction, which is rolled back and not run again', async (_, before) => {
      const broken = Object.assign(new Error('no type'), { code });
      const typeCast = vi.fn(() => {
        throw broken;
      });
      const work = transaction(
        open(),
        async (tx) => {
          for (const sql of before) await tx.query(sql);
          await tx.query({ sql: 'SELECT 1 AS one', typeCast } as QueryOptions);
        },
        { rerun: true },
      );
      expect(await failureOf(work)).toBe(broken);
      expect(typeCast).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([]);
    });
  });

  describe.each([
    [null, {}],
    [undefined, {}],
    [0, {}],
    [null, { compress: true }],
  ])('is not sent again where your `typeCast` has thrown %s, with the options %o', (thrown, options) => {
    const typeCast = vi.fn(() => {
      throw thrown;
    });
    const read = { sql: 'SELECT 1 AS one', typeCast } as QueryOptions;
    const openMany = () => open({ multipleStatements: true, ...options });
    beforeEach(() => {
      typeCast.mockClear();
    });

    test.each([
      ['query', (pool: Resilient<Pool>) => pool.query(read)],
      ['execute', (pool: Resilient<Pool>) => pool.execute(read)],
      ['a transaction', (pool: Resilient<Pool>) => transaction(pool, (tx) => tx.query(read), { rerun: true })],
      [
        'a held connection',
        async (pool: Resilient<Pool>) => {
          const held = await pool.getConnection();
          return held.query(read).finally(() => held.release());
        },
      ],
    ])('through %s', async (_, send) => {
      const pool = openMany();
      const error = await failureOf(send(pool));
      expect(error).toBeInstanceOf(TypeError);
      expect(classify(error)).toMatchObject({ kind: 'client-side', outcome: 'failed', transient: false });
      expect(typeCast).toHaveBeenCalledOnce();
      expect((await pool.query('SELECT 5 AS five'))[0]).toEqual([{ five: 5 }]);
    });

    test.each(['', "/* traceparent='00' */ "])('as a write before its rows (%j), which stays', async (comment) => {
      const sql = `${comment}INSERT INTO stage_rows (id) VALUES (1); SELECT id FROM stage_rows`;
      const error = await failureOf(openMany().query({ sql, typeCast } as QueryOptions));
      expect(error).toBeInstanceOf(TypeError);
      expect(classify(error)).toMatchObject({ kind: 'client-side', outcome: 'unknown', transient: false });
      expect(await stage.rows()).toEqual([1]);
    });

    test('as what follows a write in a transaction, which is rolled back and not run again', async () => {
      const work = transaction(
        openMany(),
        async (tx) => {
          await tx.query('INSERT INTO stage_rows (id) VALUES (1)');
          await Promise.all([tx.query(read), tx.query('INSERT INTO stage_rows (id) VALUES (2)')]);
        },
        { rerun: true },
      );
      expect(await failureOf(work)).toBeInstanceOf(TypeError);
      expect(typeCast).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([]);
    });
  });
});

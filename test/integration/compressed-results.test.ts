import { Readable } from 'node:stream';
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2/promise';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { bindingsOnMysql2 } from '../contract/bindings/every-binding.ts';
import { callbackPoolBy, callbackWays } from '../contract/bindings/mysql2.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const several =
  "INSERT INTO stage_rows (id) VALUES (1); SELECT 1 AS one; SELECT 2 AS two; SELECT REPEAT('x', 70000) AS pad";

describe.each([
  { compress: true, ssl: false },
  { compress: true, ssl: true },
  { compress: false, ssl: false },
])('several results of one command, compress $compress, TLS $ssl', unhurried, ({ compress, ssl }) => {
  const stage = useStage(`compressed-${compress}-${ssl}`, ['--max-allowed-packet=67108864']);

  afterEach(() => vi.restoreAllMocks());

  const connection = () => ({
    ...stage.direct(),
    multipleStatements: true,
    compress,
    ...(ssl ? { ssl: { rejectUnauthorized: false } } : {}),
  });

  function open(options: PoolOptions = {}): Resilient<Pool> {
    return stage.closing(withResilience(createPool({ ...connection(), connectionLimit: 1, ...options })));
  }

  const makeProcedure = async () => {
    await stage.server.admin('DROP PROCEDURE IF EXISTS stage_rows_of');
    await stage.server.admin(
      "CREATE PROCEDURE stage_rows_of() BEGIN SELECT 1 AS one; INSERT INTO stage_rows (id) VALUES (1); SELECT REPEAT('x', 70000) AS pad; END",
    );
  };

  test.each(['query', 'execute'] as const)('come all, of a CALL, by %s(), and the connection stays', async (method) => {
    await makeProcedure();
    const pool = open();
    const [before] = await pool.query('SELECT CONNECTION_ID() AS id');
    const [results] = await (pool[method] as Pool['query'])('CALL stage_rows_of()');
    expect(results).toMatchObject([[{ one: 1 }], [{ pad: 'x'.repeat(70_000) }], { fieldCount: 0 }]);
    expect((await pool.query('SELECT CONNECTION_ID() AS id'))[0]).toEqual(before);
    expect(await stage.rows()).toEqual([1]);
  });

  describe.each([
    ...bindingsOnMysql2,
    ...Object.keys(callbackWays).map((way) => ({
      name: `${way} of a callback pool`,
      create: callbackPoolBy(way as never),
    })),
  ])('by $name', ({ name, create }) => {
    const texts = ['CALL stage_rows_of()', ...(/^(Prisma|execute)/.test(name) ? [] : [several])];

    test.each(texts)('come all, and the connection stays, also in a transaction: %s', async (text) => {
      await makeProcedure();
      const binding = stage.closing(create({ connection: connection(), connectionLimit: 1 }));
      const id = await binding.select('CONNECTION_ID()');
      const told = [await binding.send(text), await binding.transaction((tx) => tx.send(text))];
      // Prisma tells how many rows were changed, and no rows.
      if (name !== 'Prisma') for (const results of told) expect(JSON.stringify(results)).toContain('x'.repeat(70_000));
      expect(await binding.select('CONNECTION_ID()')).toBe(id);
      expect(await stage.rows()).toEqual([1, 1]);
    });

    test('are unknown as a whole where the connection is lost behind the first of them, and not sent again', async () => {
      await stage.makeProcedure(
        'stage_rows_then_wait',
        'BEGIN INSERT INTO stage_rows (id) VALUES (1); SELECT 1 AS one; UPDATE stage_keyed SET writes = 2 WHERE id = 1; END',
      );
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      const unlock = await stage.lockKeyed(1);
      const { host, port } = stage.proxy;
      const binding = stage.closing(create({ connection: { ...connection(), host, port }, connectionLimit: 1 }));
      const failure = later(failureOf(binding.send('CALL stage_rows_then_wait()')));
      await stage.inFlightBehindRow();
      stage.proxy.resetAll();
      expect(classify(await failure)).toMatchObject({ outcome: 'unknown' });
      await unlock();
      expect(await binding.read()).toEqual([1]);
    });
  });

  test('come all, of several statements, also in a transaction and on a connection that is held, and nothing is printed', async () => {
    const printed = vi.spyOn(console, 'error');
    const pool = open();
    const expected = [{ affectedRows: 1 }, [{ one: 1 }], [{ two: 2 }], [{ pad: 'x'.repeat(70_000) }]];
    expect((await pool.query(several))[0]).toMatchObject(expected);
    expect(await transaction(pool, async (tx) => (await tx.query(several))[0])).toMatchObject(expected);
    const held: PoolConnection = await pool.getConnection();
    expect((await held.query(several))[0]).toMatchObject(expected);
    expect((await held.query('SELECT 5 AS five'))[0]).toEqual([{ five: 5 }]);
    held.release();
    expect(await stage.rows()).toEqual([1, 1, 1]);
    expect(printed).not.toHaveBeenCalled();
  });

  test('end with the error of the statement that failed', async () => {
    const pool = open();
    await expect(pool.query('SELECT 1; SELECT no_such_column')).rejects.toMatchObject({ errno: 1054 });
    expect((await pool.query('SELECT 5 AS five'))[0]).toEqual([{ five: 5 }]);
  });

  test('come behind a statement of many packets', async () => {
    const pool = open();
    const length = 34_000_000;
    const [results] = await pool.query(`SELECT LENGTH('${'x'.repeat(length)}') AS length; SELECT 2 AS two`);
    expect(results).toEqual([[{ length }], [{ two: 2 }]]);
  });

  // As one packet they are short enough, and as one compressed packet, which holds its header as well, they are not.
  const lengths = compress ? Array.from({ length: 14 }, (_, more) => 0xff_ff_ff - 12 + more) : [];
  test.each(lengths)(
    'come behind a statement that is as long as a packet can be, more or less: %d bytes',
    async (length) => {
      const pool = open();
      const [head, tail] = ["SELECT 1 AS one; SELECT LENGTH('", "') AS length"];
      const text = 'x'.repeat(length - 1 - head.length - tail.length);
      const [results] = await pool.query(`${head}${text}${tail}`);
      expect(results).toEqual([[{ one: 1 }], [{ length: text.length }]]);
    },
  );

  test('come behind a file', async ({ skip }) => {
    const [{ allowed }] = await stage.server.admin<[{ allowed: number }]>('SELECT @@local_infile AS allowed');
    skip(allowed !== 1, 'this server takes no file of a client');
    const pool = open({
      infileStreamFactory: () => Readable.from([Buffer.from('1\n'), Buffer.from('2\n'.repeat(9_999))]),
    });
    const [results] = await pool.query("LOAD DATA LOCAL INFILE 'any' INTO TABLE stage_rows (id); SELECT 2 AS two");
    expect(results).toMatchObject([{ affectedRows: 10_000 }, [{ two: 2 }]]);
  });
});

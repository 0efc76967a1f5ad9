import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { preparedStatements } from '../../adapters/mysql2/prepared/kept-statements.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import type { SqlDriverAdapter } from '../../adapters/prisma/adapter/prisma-interface.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';

let server: Server;
const pools: Pool[] = [];

const query = (sql: string, ...args: unknown[]) => ({
  sql,
  args,
  argTypes: args.map(() => ({ scalarType: 'unknown', arity: 'scalar' }) as const),
});
const list = (length: number) =>
  query(`SELECT 'in' WHERE 7 IN (${Array.from({ length }, () => '?').join()})`, ...Array.from({ length }, () => 7));
const found = { rows: [['in']] };
const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
const status = async (name: string) =>
  Number((await server.admin<{ Value: string }[]>(`SHOW GLOBAL STATUS LIKE '${name}'`))[0]?.Value);
const limit = (count: number) => server.admin(`SET GLOBAL max_prepared_stmt_count = ${count}`);

async function open(options: PoolOptions = {}): Promise<SqlDriverAdapter> {
  const pool = createPool({ ...server.connectionOptions(), connectionLimit: 10, ...options });
  pools.push(pool);
  return new PrismaMySQL2(pool).connect();
}

beforeAll(async () => {
  server = await startServer({ name: 'prepared-room' });
});
afterAll(() => server?.destroy());
beforeEach(({ skip }) => skip(...notOurs(server, 'the limit of prepared statements is its own')));
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await limit(16_382);
});

/** A process with a busy pool: each of its ten connections sends lists of so many lengths. */
async function sendLists(adapter: SqlDriverAdapter, lengths: number): Promise<void> {
  for (let length = 1; length <= lengths; length += 1) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => adapter.queryRaw(list(length))));
    for (const answer of answers) expect(answer).toMatchObject(found);
  }
}

describe('lists of many lengths', () => {
  it('leave room for thirty processes with pools of ten', async () => {
    await sendLists(await open(), preparedStatements + 20);
    expect((await status('Prepared_stmt_count')) * 30).toBeLessThan(16_382);
  });

  it('do not drive out what is sent again and again', async () => {
    const adapter = await open({ connectionLimit: 1 });
    const usual = Array.from({ length: preparedStatements - 20 }, (_, n) => query(`SELECT ${n} + ?`, 1));
    for (const each of [...usual, ...usual]) await adapter.queryRaw(each);
    for (let length = 1; length <= 100; length += 1) await adapter.queryRaw(list(length));
    const before = await status('Com_stmt_prepare');
    for (const each of usual) await adapter.queryRaw(each);
    expect(await status('Com_stmt_prepare')).toBe(before);
  });

  it('go through on a server that several processes have filled', async () => {
    await limit(300);
    const processes = await Promise.all([open(), open(), open()]);
    await Promise.all(processes.map((adapter) => sendLists(adapter, 40)));
    expect(await status('Prepared_stmt_count')).toBeLessThanOrEqual(300);
  });
});

describe('when the server has no room for another statement', () => {
  it('the pool gives up its own, also those of its idle connections, and the statement is prepared', async () => {
    const adapter = await open();
    await sendLists(adapter, 5);
    await limit(await status('Prepared_stmt_count'));
    const prepared = await status('Com_stmt_close');
    expect(await adapter.queryRaw(list(50))).toMatchObject(found);
    await expect.poll(() => status('Com_stmt_close')).toBeGreaterThanOrEqual(prepared + 45);
    expect(await status('Prepared_stmt_count')).toBeLessThan(10);
    expect(await adapter.queryRaw(list(51))).toMatchObject(found);
  });

  it('in a transaction too, which goes on as one', async () => {
    const adapter = await open();
    await adapter.executeScript('DROP TABLE IF EXISTS room_rows; CREATE TABLE room_rows (id INT, text VARCHAR(20))');
    await sendLists(adapter, 5);
    await limit(await status('Prepared_stmt_count'));
    const insert = (id: number) => query('INSERT INTO room_rows VALUES (?, ?)', id, "it's");
    const kept = await adapter.startTransaction();
    expect(await kept.executeRaw(insert(1))).toBe(1);
    await limit(0);
    expect(await kept.executeRaw(insert(2))).toBe(1);
    expect(await kept.executeRaw(query('UPDATE room_rows SET id = id + ? WHERE text = ?', 10, "it's"))).toBe(2);
    await kept.commit();
    const undone = await adapter.startTransaction();
    await undone.executeRaw(insert(3));
    await undone.rollback();
    expect((await adapter.queryRaw(query('SELECT id FROM room_rows ORDER BY id'))).rows).toEqual([[11], [12]]);
  });

  it('and none of ours to give up, statements go as text; PREPARE is not asked for each of them', async () => {
    await limit(0);
    const adapter = await open();
    expect(await adapter.queryRaw(query('SELECT ? AS a, ? AS b', 'x', 9_007_199_254_740_993n))).toMatchObject({
      rows: [['x', '9007199254740993']],
    });
    const before = await status('Com_stmt_prepare');
    for (let n = 0; n < 20; n += 1) await adapter.queryRaw(list(n + 1));
    expect(await status('Com_stmt_prepare')).toBe(before);
  });

  it('what cannot be written with certainty is refused, and says why', async () => {
    await limit(0);
    const adapter = await open();
    for (const [sql, reason] of [
      [`SELECT 'a\\' = ? OR ' = ?`, 'its SQL cannot be read with certainty'],
      ['SELECT @a := ?', 'its SQL cannot be read with certainty'],
      ['SELECT /*! ? */ 1', 'its SQL cannot be read with certainty'],
      ['SELECT ?, ?', 'it has 2 placeholders for 1 values'],
    ] as const) {
      const error = await caught(adapter.queryRaw(query(sql, 1)));
      expect(error).toMatchObject({
        cause: { originalCode: '1461', originalMessage: expect.stringContaining(reason) },
      });
    }
  });
});

it('a procedure that cannot prepare a statement of its own fails, and its work is not done twice', async () => {
  const adapter = await open({ connectionLimit: 1 });
  await adapter.executeScript('DROP TABLE IF EXISTS room_calls; CREATE TABLE room_calls (id INT)');
  await pools[0]?.query('DROP PROCEDURE IF EXISTS room_procedure');
  await pools[0]?.query(`CREATE PROCEDURE room_procedure() BEGIN
    INSERT INTO room_calls VALUES (1);
    SET @text = 'DEALLOCATE PREPARE nothing';
    PREPARE statement FROM @text;
  END`);
  expect(await caught(adapter.executeRaw(query('CALL room_procedure()')))).toMatchObject({
    cause: { originalCode: '1295' },
  });
  expect((await adapter.queryRaw(query('SELECT * FROM room_calls'))).rows).toEqual([[1]]);
});

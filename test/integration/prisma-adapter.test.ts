import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { longestPreparedStatement, preparedStatements } from '../../adapters/mysql2/prepared/kept-statements.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import type { SqlDriverAdapter } from '../../adapters/prisma/adapter/prisma-interface.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { createTables } from '../../prisma/tables.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';
import { differenceOn } from '../support/server/server-differences.ts';

let server: Server;
let pool: Pool;
let adapter: SqlDriverAdapter;

const query = (sql: string, ...args: unknown[]) => ({
  sql,
  args,
  argTypes: args.map(() => ({ scalarType: 'unknown', arity: 'scalar' }) as const),
});
const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
const status = async (name: string) =>
  Number((await server.admin<{ Value: string }[]>(`SHOW GLOBAL STATUS LIKE '${name}'`))[0]?.Value);

async function open(options: PoolOptions = {}): Promise<void> {
  pool = createPool({ ...server.connectionOptions(), connectionLimit: 1, ...options });
  adapter = await new PrismaMySQL2(pool).connect();
}

beforeAll(async () => {
  server = await startServer({ name: 'prisma-adapter', flags: ['--log-bin-trust-function-creators=1'] });
});
afterAll(() => server?.destroy());
beforeEach(() => open());
afterEach(() => pool.end());

describe('what it says of itself', () => {
  it('by the version of the server', async () => {
    expect(adapter.getConnectionInfo()).toEqual({
      maxBindValues: 65_535,
      supportsRelationJoins: differenceOn(server, 'lateral') === 'known',
    });
    const named = await new PrismaMySQL2(pool, { schemaName: 'elsewhere' }).connect();
    expect(named.getConnectionInfo()).toMatchObject({ schemaName: 'elsewhere' });
  });

  it('names the schema in every query, if it is given one', async () => {
    const unnamed = createPool({ ...server.connectionOptions(), database: '' });
    const database = server.connectionOptions().database ?? '';
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(unnamed, { schemaName: database }) });
    await createTables((sql) => pool.query(sql));
    expect(await prisma.user.count()).toBe(0);
    await prisma.$disconnect();
    await unnamed.end();
  });
});

describe('executeScript', () => {
  it('runs statement after statement in one session, which nobody else gets', async () => {
    await adapter.executeScript(`
      SET @left = 'behind; -- here';
      CREATE TABLE gone_away_script (text VARCHAR(50)); -- a comment; with a semicolon
      INSERT INTO gone_away_script VALUES (@left), ('it''s; \\\\');
    `);
    expect((await adapter.queryRaw(query('SELECT text, @left FROM gone_away_script'))).rows).toEqual([
      ['behind; -- here', null],
      ["it's; \\", null],
    ]);
    await adapter.executeScript('DROP TABLE gone_away_script');
  });

  it('stops at the first error', async () => {
    const error = await caught(
      adapter.executeScript('SELECT 1; SELECT nothing; CREATE TABLE gone_away_never (id INT)'),
    );
    expect(error).toMatchObject({ cause: { kind: 'ColumnNotFound' } });
    expect((await adapter.queryRaw(query("SHOW TABLES LIKE 'gone_away_never'"))).rows).toEqual([]);
  });
});

it('a shadow database is a database of its own, and gone afterwards', async ({ skip }) => {
  skip(...notOurs(server));
  const { host, port } = server;
  const root = { ...server.connectionOptions('root'), host, port };
  const shared = createPool(root);
  for (const source of [root, shared]) {
    const shadow = await new PrismaMySQL2(source).connectToShadowDb();
    await shadow.executeScript('CREATE TABLE here (id INT)');
    const { rows } = await shadow.queryRaw(query('SELECT DATABASE()'));
    expect(rows).toEqual([[expect.stringMatching(/^prisma_migrate_shadow_db_/)]]);
    await shadow.dispose();
    expect(await server.admin("SHOW DATABASES LIKE 'prisma_migrate%'")).toEqual([]);
  }
  await shared.end();
});

describe('prepared statements', () => {
  it('are few for each connection, however many there were', async () => {
    for (let n = 0; n < preparedStatements + 50; n += 1) await adapter.queryRaw(query(`SELECT ${n}`));
    expect(await status('Prepared_stmt_count')).toBeLessThanOrEqual(preparedStatements);
    const before = await status('Com_stmt_prepare');
    for (let n = 60; n < preparedStatements + 50; n += 1) {
      expect((await adapter.queryRaw(query(`SELECT ${n}`))).rows).toEqual([
        [expect.toSatisfy((value) => Number(value) === n)],
      ]);
    }
    expect(await status('Com_stmt_prepare')).toBe(before);
  });

  it('do not stay when they are long', async () => {
    const before = await status('Prepared_stmt_count');
    for (let n = 0; n < 20; n += 1)
      await adapter.queryRaw(query(`SELECT ${n} /* ${'x'.repeat(longestPreparedStatement)} */`));
    expect((await status('Prepared_stmt_count')) - before).toBe(1);
  });

  it('leave those of others alone', async () => {
    await pool.execute('SELECT 1 AS mine');
    const before = await status('Com_stmt_prepare');
    for (let n = 0; n < preparedStatements + 5; n += 1) await adapter.queryRaw(query(`SELECT ${n}`));
    await pool.execute('SELECT 1 AS mine');
    expect((await status('Com_stmt_prepare')) - before).toBe(preparedStatements + 5);
  });

  it('what cannot be prepared goes as text', async () => {
    await adapter.executeRaw(query('CREATE TABLE gone_away_locked (id INT)'));
    const tx = await adapter.startTransaction();
    expect(await tx.executeRaw(query('LOCK TABLES gone_away_locked WRITE'))).toBe(0);
    expect(await tx.executeRaw(query('INSERT INTO gone_away_locked VALUES (1)'))).toBe(1);
    expect(await tx.executeRaw(query('UNLOCK TABLES'))).toBe(0);
    await tx.commit();
    expect(
      await adapter.executeRaw(
        query('CREATE TRIGGER gone_away_trigger BEFORE INSERT ON gone_away_locked FOR EACH ROW SET NEW.id = 5'),
      ),
    ).toBe(0);
    await adapter.executeRaw(query('DROP TABLE gone_away_locked'));
  });

  it('take their parameters in the charset of the connection, also when that changes', async () => {
    await pool.end();
    await open({ charset: 'latin1_swedish_ci' });
    const hex = query('SELECT HEX(CONVERT(? USING utf8mb4)) AS hex', 'ä');
    expect((await adapter.queryRaw(hex)).rows).toEqual([['C3A4']]);
    await pool.query('SET NAMES utf8mb4');
    expect((await adapter.queryRaw(hex)).rows).toEqual([['C3A4']]);
  });

  it('are prepared anew when the table changed', async () => {
    await adapter.executeRaw(query('CREATE TABLE gone_away_changed (a INT)'));
    await adapter.executeRaw(query('INSERT INTO gone_away_changed VALUES (1)'));
    expect(await adapter.queryRaw(query('SELECT * FROM gone_away_changed'))).toMatchObject({ columnNames: ['a'] });
    await adapter.executeRaw(query("ALTER TABLE gone_away_changed ADD COLUMN b VARCHAR(5) DEFAULT 'x'"));
    expect(await adapter.queryRaw(query('SELECT * FROM gone_away_changed'))).toMatchObject({
      columnNames: ['a', 'b'],
      rows: [[1, 'x']],
    });
    await adapter.executeRaw(query('DROP TABLE gone_away_changed'));
  });
});

it('of the results of a procedure, the rows of the first', async () => {
  await adapter.executeRaw(query('DROP PROCEDURE IF EXISTS gone_away_procedure'));
  await pool.query("CREATE PROCEDURE gone_away_procedure() BEGIN SELECT 'a' AS one; SELECT 'b' AS two; END");
  expect(await adapter.queryRaw(query('CALL gone_away_procedure()'))).toMatchObject({
    columnNames: ['one'],
    rows: [['a']],
  });
  expect(await adapter.executeRaw(query('CALL gone_away_procedure()'))).toBe(0);
  await adapter.executeRaw(query('DROP PROCEDURE gone_away_procedure'));
});

describe('a transaction', () => {
  it('begins on another connection where somebody has left one open', async () => {
    await pool.query("XA START 'somebody'");
    const tx = await adapter.startTransaction('SERIALIZABLE');
    await tx.executeRaw(query('DO 0'));
    await tx.rollback();
    expect((await adapter.queryRaw(query('SELECT 1 = 1'))).rows).toHaveLength(1);
  });

  it('has no isolation level that the server has not', async () => {
    expect(await caught(adapter.startTransaction('SNAPSHOT'))).toMatchObject({
      cause: { kind: 'InvalidIsolationLevel' },
    });
  });

  it('quotes the names of its savepoints', async () => {
    const tx = await adapter.startTransaction();
    await tx.createSavepoint('a` b');
    await tx.rollbackToSavepoint('a` b');
    await tx.releaseSavepoint('a` b');
    expect(await caught(tx.releaseSavepoint('nowhere'))).toMatchObject({ cause: { originalCode: '1305' } });
    await tx.commit();
  });

  it('is over once it has ended', async () => {
    const tx = await adapter.startTransaction();
    await tx.commit();
    await tx.rollback();
    for (const work of [
      tx.queryRaw(query('SELECT 1')),
      tx.executeRaw(query('SELECT 1')),
      tx.commit(),
      tx.createSavepoint('a'),
    ]) {
      expect(await caught(work)).toMatchObject({
        code: 'P1018',
        message:
          'The transaction has ended: its `timeout` has passed, or nobody waited for this statement, which was not sent',
      });
    }
    const next = await adapter.startTransaction();
    await next.rollback();
  });
});

import { type Connection, createConnection } from 'mariadb';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';
import { useFaults } from '../support/testing/use-faults.ts';

const insert = 'INSERT INTO stage_rows (id) VALUES (?)';

/** Another driver: it asks before it is answered, and agrees upon other forms of answers than mysql2 does. */
describe('gone-away/testing reads along with the driver of MariaDB', unhurried, () => {
  const stage = useStage('testing-mariadb-driver');
  const faulty = useFaults(stage);

  const open = async (): Promise<Connection> => {
    const { user = '', password = '', database = '' } = stage.direct();
    const { host, port } = faulty.faults;
    const who = { host, port, user, password: String(password), database, allowPublicKeyRetrieval: true };
    const connection = await createConnection({ ...who, multipleStatements: true, insertIdAsNumber: true });
    connection.on('error', () => {});
    stage.after(async () => connection.destroy());
    return connection;
  };

  test('which sends many statements at once', async () => {
    const connection = await open();
    const lost = faulty.faults.loseAnswerOf(/VALUES \(3\)/);
    const told = await Promise.allSettled([
      ...[1, 2].map((id) => connection.query(`SELECT ${id} AS id; INSERT INTO stage_rows (id) VALUES (${id})`)),
      connection.query('INSERT INTO stage_rows (id) VALUES (3)'),
      connection.query('SELECT 4'),
    ]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(await lost).toMatchObject({ errno: undefined });
    expect(await stage.rows()).toEqual([1, 2, 3]);
  });

  test('which executes what is not prepared yet', async () => {
    const connection = await open();
    await connection.execute('SELECT ?', [1]);
    const lost = faulty.faults.loseAnswerOf(/^INSERT/);
    expect(await connection.execute('SELECT ? AS one', ['x'])).toMatchObject([{ one: 'x' }]);
    expect(await failureOf(connection.execute(insert, [1]))).toBeInstanceOf(Error);
    expect(await lost).toEqual({ sql: insert, errno: undefined });
    expect(await stage.rows()).toEqual([1]);
  });

  test('which leaves out what it knows of the columns of a prepared statement', async () => {
    const connection = await open();
    const select = await connection.prepare('SELECT ? AS a, id FROM stage_rows');
    for (let id = 1; id <= 300; id += 1) await connection.execute(insert, [id]);
    for (let n = 0; n < 3; n += 1) expect(await select.execute([n])).toHaveLength(300);
    const lost = faulty.faults.loseAnswerOf(/^SELECT \?/);
    await connection.query('DO 1');
    expect(await failureOf(select.execute([4]))).toBeInstanceOf(Error);
    expect(await lost).toMatchObject({ sql: 'SELECT ? AS a, id FROM stage_rows' });
  });

  test('which sends many rows at once', async () => {
    const connection = await open();
    await connection.batch(insert, [[1], [2]]);
    const lost = faulty.faults.loseAnswerOf(/^INSERT/);
    expect(await failureOf(connection.batch(insert, [[3], [4]]))).toBeInstanceOf(Error);
    expect(await lost).toMatchObject({ sql: expect.stringContaining('INSERT INTO stage_rows') });
    expect(await stage.rows()).toEqual([1, 2, 3, 4]);
  });

  test('which streams rows, and resets its session', async () => {
    const connection = await open();
    const rows: unknown[] = [];
    for await (const row of connection.queryStream('SELECT 1 AS a UNION ALL SELECT 2')) rows.push(row);
    expect(rows).toHaveLength(2);
    if (stage.server.kind === 'mariadb') await connection.reset();
    await connection.ping();
    const lost = faulty.faults.loseAnswerOf(/^COMMIT/i);
    await connection.beginTransaction();
    await connection.query(insert, [1]);
    expect(await failureOf(connection.commit())).toBeInstanceOf(Error);
    await lost;
    expect(await stage.rows()).toEqual([1]);
  });
});

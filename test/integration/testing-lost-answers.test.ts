import { Readable } from 'node:stream';
import {
  type ConnectionOptions,
  createConnection,
  createPool,
  type Pool,
  type PoolOptions,
  type QueryOptions,
} from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type TransactionConnection, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import type { Binding } from '../contract/binding.ts';
import { everyBinding } from '../contract/bindings/every-binding.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { freshLedger } from '../support/ledger/stage-ledger.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';
import { useFaults } from '../support/testing/use-faults.ts';

const insert = 'INSERT INTO stage_rows (id) VALUES (1)';
const lossOf = { code: expect.stringMatching(/^(ECONNRESET|PROTOCOL_CONNECTION_LOST)$/) };

describe('a lost answer of gone-away/testing', unhurried, () => {
  const stage = useStage('testing-lost-answers', ['--max-allowed-packet=64M', '--local-infile=1']);
  const faulty = useFaults(stage);

  const openBare = (options: PoolOptions = {}): Pool =>
    stage.closing(createPool(faulty.connection({ connectionLimit: 1, ...options })));
  const warm = async (options: PoolOptions = {}): Promise<Pool> => {
    const pool = openBare(options);
    await pool.query('SELECT 1');
    return pool;
  };

  describe('of the next command', () => {
    test('is one that the server has given', async () => {
      const pool = await warm();
      const lost = faulty.faults.loseNextAnswer();
      expect(await failureOf(pool.query(insert))).toMatchObject(lossOf);
      expect(await lost).toEqual({ sql: insert, errno: undefined });
      expect(await stage.rows()).toEqual([1]);
      await pool.query(insert);
      expect(await stage.rows()).toEqual([1, 1]);
    });

    test('is not that of a login', async () => {
      const lost = faulty.faults.loseNextAnswer();
      const connection = stage.closing(await createConnection(faulty.connection()));
      expect(await failureOf(connection.query(insert))).toMatchObject(lossOf);
      expect(await lost).toMatchObject({ sql: insert });
    });

    test('may be one to a ping', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const lost = faulty.faults.loseNextAnswer();
      expect(await failureOf(connection.ping())).toMatchObject(lossOf);
      expect(await lost).toEqual({ sql: undefined, errno: undefined });
    });

    test('is unknown to who has wrapped the pool, and the write is there once', async () => {
      const pool = withResilience(await warm());
      const lost = faulty.faults.loseNextAnswer();
      expect(await failureOf(pool.query(insert))).toBeInstanceOf(OutcomeUnknownError);
      await lost;
      expect(await stage.rows()).toEqual([1]);
    });

    test('is asked for again where that is safe', async () => {
      const pool = withResilience(await warm());
      const lost = faulty.faults.loseNextAnswer();
      expect(await pool.query('SELECT id FROM stage_rows')).toMatchObject([[], expect.anything()]);
      expect(await lost).toMatchObject({ sql: 'SELECT id FROM stage_rows' });
    });

    test('comes when the server has carried out all of a text', async () => {
      const pool = await warm({ multipleStatements: true });
      const lost = faulty.faults.loseNextAnswer();
      const sql = `${insert}; SELECT SLEEP(0.3); SELECT * FROM stage_rows; ${insert}`;
      expect(await failureOf(pool.query(sql))).toMatchObject(lossOf);
      await lost;
      expect(await stage.rows()).toEqual([1, 1]);
    });

    test.each(['query', 'execute'] as const)(
      'comes when the server has carried out all of a CALL, by %s()',
      async (by) => {
        await stage.makeProcedure('stage_twice', `BEGIN ${insert}; SELECT 1; SELECT SLEEP(0.3); ${insert}; END`);
        const pool = await warm();
        const lost = faulty.faults.loseAnswerOf(/^CALL/);
        expect(await failureOf((pool[by] as Pool['query'])('CALL stage_twice()'))).toMatchObject(lossOf);
        await lost;
        expect(await stage.rows()).toEqual([1, 1]);
      },
    );

    test('says which error it was', async () => {
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      const pool = await warm();
      const lost = faulty.faults.loseNextAnswer();
      expect(await failureOf(pool.query('INSERT INTO stage_keyed (id) VALUES (1)'))).toMatchObject(lossOf);
      expect(await lost).toMatchObject({ errno: 1062 });
    });

    test('happens on one connection of several', async () => {
      const pool = openBare({ connectionLimit: 4 });
      const insertFour = () => Promise.allSettled([1, 2, 3, 4].map(() => pool.query(insert)));
      await insertFour();
      const lost = faulty.faults.loseNextAnswer();
      const told = await insertFour();
      expect(told.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
      await lost;
      expect(await stage.rows()).toHaveLength(8);
    });

    test('fails where the connection ends before the server has answered', async () => {
      const pool = await warm();
      await stage.lock();
      const lost = later(faulty.faults.loseNextAnswer());
      const failure = failureOf(pool.query(insert));
      const [thread = 0] = await stage.inFlight(1);
      await stage.server.killThread(thread);
      expect(await failure).toMatchObject(lossOf);
      await expect(lost).rejects.toThrow('loseNextAnswer() cannot happen: its connection has ended before');
      expect(faulty.faults.connections).toBe(0);
      later(faulty.faults.loseNextAnswer());
    });

    test('is taken back by reset() while the server is at work on it', async () => {
      const pool = await warm();
      const unlock = await stage.lock();
      const lost = later(faulty.faults.loseNextAnswer());
      const failure = failureOf(pool.query(insert));
      await stage.inFlight(1);
      await faulty.faults.reset();
      expect(await failure).toMatchObject(lossOf);
      await expect(lost).rejects.toThrow('loseNextAnswer() has not happened: reset() has ended its connection');
      await unlock();
    });
  });

  describe.each(everyBinding)('is met by $name', ({ create }) => {
    const open = (): Binding =>
      stage.closing(create({ connection: faulty.connection() as ConnectionOptions, connectionLimit: 1 }));

    test('at an INSERT, and the row is there once', async () => {
      const binding = open();
      await binding.insert(1);
      const lost = faulty.faults.loseAnswerOf(/^INSERT/i);
      expect(await failureOf(binding.insert(2))).toBeInstanceOf(OutcomeUnknownError);
      expect(await lost).toMatchObject({ errno: undefined });
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('at a COMMIT, and the transaction is there once', async () => {
      const binding = open();
      const lost = faulty.faults.loseAnswerOf(/^COMMIT/i);
      expect(await failureOf(binding.transaction((tx) => tx.insert(1)))).toBeInstanceOf(OutcomeUnknownError);
      expect(await lost).toMatchObject({ errno: undefined });
      expect(await stage.rows()).toEqual([1]);
    });

    test('at a read, which is answered all the same', async () => {
      const binding = open();
      await binding.read();
      const lost = faulty.faults.loseAnswerOf(/^SELECT/i);
      expect(await binding.read()).toEqual([]);
      await lost;
    });
  });

  describe('of one statement', () => {
    test('is that of COMMIT, and of nothing before', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const lost = faulty.faults.loseAnswerOf(/^COMMIT/i);
      await connection.beginTransaction();
      await connection.query(insert);
      expect(await failureOf(connection.commit())).toMatchObject(lossOf);
      expect(await lost).toEqual({ sql: 'COMMIT', errno: undefined });
      expect(await stage.rows()).toEqual([1]);
    });

    test('leaves a wrapped transaction unknown, and one that is exactly once applied once', async () => {
      const pool = withResilience(openBare({ connectionLimit: 3 }));
      await freshLedger(stage, { pool });
      const work = (connection: TransactionConnection) => connection.query(insert);
      let lost = faulty.faults.loseAnswerOf(/^COMMIT/i);
      expect(await failureOf(transaction(pool, work))).toBeInstanceOf(OutcomeUnknownError);
      await lost;
      lost = faulty.faults.loseAnswerOf(/^COMMIT/i);
      await transaction(pool, work, { exactlyOnce: true });
      await lost;
      expect(await stage.rows()).toEqual([1, 1]);
    });

    test('knows a prepared statement by the text that was prepared', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const sql = 'INSERT INTO stage_rows (id) VALUES (?)';
      await connection.execute('SELECT ?', [1]);
      await connection.execute(sql, [1]);
      await connection.execute('SELECT ?', [2]);
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      await connection.execute('SELECT ?', [3]);
      expect(await failureOf(connection.execute(sql, [2]))).toMatchObject(lossOf);
      expect(await lost).toEqual({ sql, errno: undefined });
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('does not count a PREPARE for the statement', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      expect(await failureOf(connection.execute('INSERT INTO stage_rows (id) VALUES (?)', [1]))).toMatchObject(lossOf);
      await lost;
      expect(await stage.rows()).toEqual([1]);
    });

    test('reads past attributes of a query', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const attributes = { trace: 'INSERT', number: 7, none: null, at: new Date(0), yes: true, half: 0.5 };
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      await connection.query({ sql: 'SELECT 1', attributes });
      expect(await failureOf(connection.query({ sql: insert, attributes }))).toMatchObject(lossOf);
      expect(await lost).toMatchObject({ sql: insert });
    });

    test('reads a text of more than one packet', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const pad = 'x'.repeat(17 * 1_024 * 1_024);
      const lost = faulty.faults.loseAnswerOf(/END \*\/$/);
      await connection.query(`SELECT 1 /* ${pad} */`);
      const sql = `${insert} /* ${pad} END */`;
      expect(await failureOf(connection.query(sql))).toMatchObject(lossOf);
      expect((await lost).sql).toHaveLength(sql.length);
      expect(await stage.rows()).toEqual([1]);
    });

    test('reads past rows and values of more than one packet', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      const [rows] = await connection.query("SELECT REPEAT('x', 17 * 1024 * 1024) AS pad UNION ALL SELECT 'y'");
      expect(rows).toHaveLength(2);
      expect(await failureOf(connection.query(insert))).toMatchObject(lossOf);
      await lost;
      expect(await stage.rows()).toEqual([1]);
    });

    test('lets the server have the file of LOAD DATA LOCAL', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const sql = "LOAD DATA LOCAL INFILE 'ids' INTO TABLE stage_rows (id)";
      const load = () => {
        // More chunks than the numbers of packets go to: these begin anew meanwhile.
        const infileStreamFactory = () => Readable.from(Array.from({ length: 600 }, () => Buffer.from('3\n')));
        return connection.query({ sql, infileStreamFactory } as QueryOptions);
      };
      await load();
      const lost = faulty.faults.loseAnswerOf(/^LOAD/);
      expect(await failureOf(load())).toMatchObject(lossOf);
      expect(await lost).toEqual({ sql, errno: undefined });
      expect(await stage.rows()).toHaveLength(1_200);
    });

    test('takes a pattern that remembers where it has matched', async () => {
      const connection = stage.closing(await createConnection(faulty.connection()));
      const pattern = /INSERT/g;
      pattern.lastIndex = 5;
      const lost = faulty.faults.loseAnswerOf(pattern);
      expect(await failureOf(connection.query(insert))).toMatchObject(lossOf);
      await lost;
      expect(pattern.lastIndex).toBe(5);
    });

    test('forgets the statements of a session that was reset', async () => {
      const pool = await warm();
      const held = await pool.getConnection();
      await held.execute(insert);
      await held.changeUser({});
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      expect(await failureOf(held.execute(insert))).toMatchObject(lossOf);
      await lost;
      held.destroy();
      await expect.poll(() => stage.rows(), patient).toEqual([1, 1]);
    });
  });
});

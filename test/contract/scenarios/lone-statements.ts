import type { Pool, PoolConnection } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { originalErrorOf } from '../../../adapters/prisma/index.ts';
import { classify, OutcomeUnknownError, SessionBoundError } from '../../../src/index.ts';
import type { Stage } from '../../support/stage.ts';
import type { Binding, BindingOptions, CreateBinding } from '../binding.ts';
import { failureOf } from '../outcome.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

/** What has its effect in one session: on a pool it is luck whether the next statement gets that one. */
const sessionBound = [
  'BEGIN',
  '/* a monitor */ start transaction read only;',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT a',
  'RELEASE SAVEPOINT a',
  'SET autocommit = 0',
  'SET @@session.autocommit = off',
  'SET TRANSACTION READ ONLY',
  'SET SESSION TRANSACTION READ ONLY',
  'LOCK TABLES stage_rows WRITE',
  'UNLOCK TABLES',
  'FLUSH TABLES WITH READ LOCK',
  'FLUSH TABLES stage_rows FOR EXPORT',
  'LOCK INSTANCE FOR BACKUP',
  'BACKUP STAGE START',
  'USE app',
  "XA START 'x'",
  'HANDLER stage_rows OPEN',
];

/** Statements that are sent through the pool, on their own: what the session was in before, and what it is in after. */
export function describeLoneStatements(create: CreateBinding, stage: Stage): void {
  type Opened = Binding & { readonly pool: Pool };
  const open = (options: Partial<BindingOptions> = {}): Opened => {
    const binding = create({ connection: stage.direct(), connectionLimit: 1, ...options });
    return stage.closing(binding) as Opened;
  };
  const thrownBy = async (work: Promise<unknown>) => {
    const error = await failureOf(work);
    return originalErrorOf(error) ?? error;
  };
  const onPool = (pool: Pool, sql: string) =>
    new Promise((resolve, reject) => {
      pool.query(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  const held = (pool: Pool) =>
    new Promise<PoolConnection>((resolve, reject) => {
      pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
    });
  const procedures = {
    begin_and_fail: `BEGIN START TRANSACTION; INSERT INTO stage_rows (id) VALUES (7); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END`,
    begin_and_leave:
      'BEGIN INSERT INTO stage_rows (id) VALUES (7); START TRANSACTION; INSERT INTO stage_rows (id) VALUES (8); END',
    begin_and_commit: 'BEGIN START TRANSACTION; INSERT INTO stage_rows (id) VALUES (7); COMMIT; END',
  };
  const makeProcedure = (name: keyof typeof procedures) => stage.makeProcedure(`stage_${name}`, procedures[name]);

  describe('a statement that is sent through a pool', () => {
    test.each(sessionBound)('and has its effect in one session is refused, and not sent: %s', async (text) => {
      const binding = open();
      await binding.read();
      const id = await binding.select('CONNECTION_ID()');
      const questions = async () => {
        const [row] = (await stage.server.admin("SHOW GLOBAL STATUS LIKE 'Questions'")) as { Value: string }[];
        return Number(row?.Value);
      };
      const [first, before] = [await questions(), await questions()];
      const error = await thrownBy(binding.send(text));
      // As many as it takes to ask.
      expect((await questions()) - before).toBe(before - first);
      expect(error).toBeInstanceOf(SessionBoundError);
      expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_SESSION_BOUND', failure: { outcome: 'not-executed' } });
      expect((error as Error).message).toMatch(/was not sent. Use a transaction, or a connection that you hold/);
      expect(await binding.select('CONNECTION_ID()')).toBe(id);
    });

    test('is durable when it is acknowledged, though a procedure failed in a transaction of its own before', async () => {
      await makeProcedure('begin_and_fail');
      const binding = open();
      expect(classify(await failureOf(binding.send('CALL stage_begin_and_fail()')))).toMatchObject({ errno: 1644 });
      expect(await failureOf(onPool(binding.pool, 'CALL stage_begin_and_fail()'))).toMatchObject({ errno: 1644 });
      await binding.insert(1);
      await binding.send('INSERT INTO stage_rows (id) VALUES (2)');
      await binding.end();
      // The one that was sent around this package may be committed, or not: nobody has taken care of it.
      expect((await stage.rows()).filter((id) => id !== 7)).toEqual([1, 2]);
    });

    test('and leaves a transaction open is undone as far as can be, and nobody is told that it was done', async () => {
      await makeProcedure('begin_and_leave');
      const binding = open();
      const error = await thrownBy(binding.send('CALL stage_begin_and_leave()'));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect((error as Error).cause).toBeInstanceOf(SessionBoundError);
      await binding.insert(1);
      expect(await stage.rows()).toEqual([7, 1]);
    });

    test('in a transaction that somebody else has begun on its session is sent again on another one', async () => {
      const binding = open();
      const connection = await held(binding.pool);
      connection.release();
      // Goes on with what is no longer his.
      connection.query('BEGIN', () => {});
      await binding.insert(1);
      expect(await stage.rows()).toEqual([1]);
      expect(await binding.read()).toEqual([1]);
    });
  });

  describe('on a pool whose sessions begin without autocommit', () => {
    const openHooked = (): Opened => {
      const binding = open();
      binding.pool.on('connection', (connection) => void connection.query('SET autocommit = 0'));
      return binding;
    };

    test('a write on its own is refused, and not sent', async () => {
      const binding = openHooked();
      await binding.read();
      for (const send of [() => binding.insert(1), () => binding.send(insertOne), () => binding.count(1)]) {
        const error = await thrownBy(send());
        expect(error).toBeInstanceOf(SessionBoundError);
        expect(classify(error)).toMatchObject({ outcome: 'not-executed' });
      }
      expect(await stage.rows()).toEqual([]);
    });

    test('transactions are durable, what commits by itself is sent, and reads are answered', async () => {
      await makeProcedure('begin_and_commit');
      const binding = openHooked();
      await binding.transaction((tx) => tx.insert(1));
      await binding.send('CALL stage_begin_and_commit()');
      expect(await binding.read()).toEqual([1, 7]);
    });

    test('a read that locks is undone, and its caller hears that nothing is locked', async () => {
      const binding = openHooked();
      await binding.transaction((tx) => tx.insert(1));
      expect(await thrownBy(binding.readForUpdate())).toBeInstanceOf(SessionBoundError);
      expect(await binding.read()).toEqual([1]);
    });

    test('by a setting that the server does not tell of, a write is undone, and nobody is told that it was done', async () => {
      await stage.asRoot((root) => root.query("SET GLOBAL init_connect = 'SET autocommit = 0'"));
      stage.after(() => stage.asRoot((root) => root.query("SET GLOBAL init_connect = ''")));
      const binding = open();
      const error = await thrownBy(binding.insert(1));
      expect(error).toBeInstanceOf(SessionBoundError);
      expect(await stage.rows()).toEqual([]);
      await binding.transaction((tx) => tx.insert(1));
      expect(await stage.rows()).toEqual([1]);
    });
  });
}

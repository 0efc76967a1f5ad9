import type { Pool } from 'mysql2';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { knownInternals } from '../../adapters/mysql2/driver/known-internals.ts';
import { isGoneAwayError, OutcomeUnknownError, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { createPoolWithout } from '../support/mysql2/without-internal.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insert = (id: number) => `INSERT INTO stage_rows (id) VALUES (${id})`;

/** In the order of {@link knownInternals}. */
const names = knownInternals.map(({ name, parts }) => ({ name, parts }));

describe.each(names)('where mysql2 does not show $name', unhurried, ({ name, parts }) => {
  const stage = useStage('missing-internals');
  let pool: Pool;
  let warnings: string[];

  beforeEach(() => {
    // Of the whole process: each test is to see its own.
    Reflect.deleteProperty(globalThis, Symbol.for('gone-away.mysql2-warnings'));
    warnings = [];
    const note = vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
      if ((options as { code?: string } | undefined)?.code === 'GONE_AWAY_MYSQL2') warnings.push(String(message));
    });
    stage.after(async () => note.mockRestore());
    pool = open();
  });

  function open(): Pool {
    const core = createPoolWithout(name, { ...stage.direct(), connectionLimit: 2 } as object);
    const opened = withResilience(core, { retries: 2, minTimeout: 0, acquireTimeout: 5_000 });
    stage.closing(opened.promise());
    return opened;
  }

  test('one warning of the process says so, and what that means', async () => {
    const use = async () => {
      for (const id of [1, 2]) await pool.promise().query(insert(id));
      await pool.promise().execute('SELECT ? AS a', [1]);
      await transaction(pool.promise(), (connection) => connection.query(insert(3)));
    };
    await use();
    pool = open();
    await use();
    expect(await stage.rows()).toEqual([1, 2, 3, 1, 2, 3]);
    expect(warnings).toEqual([expect.stringContaining(`lacks what gone-away reads: ${name}.`)]);
    expect(warnings[0]).toContain('cannot know');
  });

  test('a transaction that was left open does not reach the next user', async () => {
    const held = await pool.promise().getConnection();
    await held.query('BEGIN');
    await held.query(insert(1));
    held.release();
    await pool.promise().query(insert(2));
    expect(await stage.rows()).toEqual([2]);
  });

  test('a session that was left without autocommit does not reach the next user', async () => {
    const held = await pool.promise().getConnection();
    await held.query('SET autocommit = 0');
    held.release();
    await pool.promise().query(insert(2));
    expect(await stage.rows()).toEqual([2]);
  });

  test.each(['SET autocommit = 0', 'BEGIN'])(
    'a write behind a listener that sends %s is not acknowledged and then undone',
    async (sent) => {
      pool.on('connection', (connection) => void connection.query(sent));
      const execute = pool.promise().execute('INSERT INTO stage_rows (id) VALUES (?)', [2]);
      const failures = [pool.promise().query(insert(1)), execute].map(failureOf);
      for (const error of await Promise.all(failures)) expect(error).toSatisfy(isGoneAwayError);
      expect(await stage.rows()).toEqual([]);
    },
  );

  test('what is under way on a connection that its user destroys ends, also where the server does not answer any more', async () => {
    const held = await pool.promise().getConnection();
    const unlock = await stage.lock();
    const ended = Promise.allSettled([1, 2].map((id) => held.query(insert(id))));
    const [thread] = await stage.inFlight(1);
    held.destroy();
    await stage.server.killThread(thread as number);
    await unlock();
    expect(await ended).toEqual([1, 2].map(() => expect.objectContaining({ status: 'rejected' })));
    expect(await stage.rows()).toEqual([]);
  });

  test('a write that was under way when its connection was lost is not sent again', async () => {
    await pool.promise().query('SELECT 1');
    const unlock = await stage.lock();
    const failed = failureOf(pool.promise().query(insert(1)));
    const [thread] = await stage.inFlight(1);
    await stage.server.killThread(thread as number);
    expect(await failed).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect(await stage.rows()).toEqual([]);
  });

  test('a transaction that was lost with a statement under way runs again only where the server is known to have undone it', async () => {
    const isKnown = !parts.includes('answers') && !parts.includes('writes') && name !== 'Query.sql';
    await pool.promise().query('SELECT 1');
    const unlock = await stage.lockRows();
    let runs = 0;
    const callback = async (connection: { query(sql: string): Promise<unknown> }) => {
      runs += 1;
      if (runs > 1) await unlock();
      await connection.query(insert(1));
    };
    const work = transaction(pool.promise(), callback, { rerun: true });
    const failed = isKnown ? work : failureOf(work);
    const [thread] = await stage.inFlightBehindRow();
    await stage.server.killThread(thread as number);
    if (isKnown) await work;
    else expect(await failed).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect({ runs, rows: await stage.rows() }).toEqual(isKnown ? { runs: 2, rows: [1] } : { runs: 1, rows: [] });
  });
});

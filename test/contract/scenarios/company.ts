import { inspect } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { classify, isGoneAwayError, OutcomeUnknownError } from '../../../src/index.ts';
import { unless } from '../../support/server/server-differences.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, Callback, CreateBinding } from '../binding.ts';
import { failureOf, later, messagesOf } from '../outcome.ts';

/** Statements of one transaction that are under way at once, or that nobody waits for. Nothing runs behind the transaction's end. */
export function describeCompany(create: CreateBinding, stage: Stage): void {
  const open = (): Binding =>
    stage.closing(
      create({ connection: stage.proxied(), connectionLimit: 3, policy: { minTimeout: 0, maxTimeout: 20 } }),
    );
  const rerun = { rerun: true } as const;
  /** A transaction that nobody ends would keep its locks. */
  const expectNothingOpen = async () => expect(await stage.openTransactions()).toEqual([]);

  /** Somebody else, who holds row 2, wants row 1, and has written more, so that InnoDB rolls back the transaction under test. */
  async function opponent(): Promise<{ wants: () => Promise<void>; end: () => Promise<void> }> {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0), (2, 0)');
    const other = await createConnection(stage.direct('root'));
    let wanting: Promise<unknown> = Promise.resolve();
    const end = async () => {
      await wanting;
      await other.end();
    };
    stage.after(async () => other.destroy());
    await other.query('BEGIN');
    const many = Array.from({ length: 200 }, (_, index) => `(${1_000 + index}, 0)`).join();
    await other.query(`INSERT INTO stage_keyed (id, writes) VALUES ${many}`);
    await other.query('SELECT * FROM stage_keyed WHERE id = 2 FOR UPDATE');
    return {
      wants: async () => {
        wanting = later(other.query('SELECT * FROM stage_keyed WHERE id = 1 FOR UPDATE'));
        const waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
        await expect.poll(() => stage.server.admin(waits), patient).toMatchObject([{ Value: '1' }]);
      },
      end,
    };
  }

  describe('statements of one transaction that are under way at once', () => {
    test('work as on a bare connection', async () => {
      const read = await open().transaction(async (tx) => {
        const [ids] = await Promise.all([tx.read(), tx.insert(1), tx.insert(2), tx.read(), tx.insert(3)]);
        return ids;
      });
      expect(read).toEqual([]);
      expect(await stage.rows()).toEqual([1, 2, 3]);
    });

    test('and of which nobody waits for a read that meets COMMIT, are committed in one run', async () => {
      const attempts: number[] = [];
      await open().transaction(async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.insert(1);
        later(tx.read());
      }, rerun);
      expect(attempts).toEqual([1]);
      expect(await stage.rows()).toEqual([1]);
    });

    test('and of which nobody waits for a write, are committed with it, or it is refused', async () => {
      const attempts: number[] = [];
      let unheard: Promise<boolean> = Promise.resolve(false);
      await open().transaction(async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.insert(1);
        // Prisma may hand it on only when the transaction is over.
        unheard = tx.insert(2).then(
          () => true,
          () => false,
        );
      }, rerun);
      const wasApplied = await unheard;
      expect(attempts).toEqual([1]);
      expect(await stage.rows()).toEqual(wasApplied ? [1, 2] : [1]);
    });

    test('fail, all together, with what has ended their transaction, and not with what was refused for it', async () => {
      const unlock = await stage.lock();
      const binding = open();
      const failure = later(
        failureOf(
          binding.transaction(async (tx) => {
            await tx.count(1);
            await Promise.all([tx.insert(1), tx.insert(2), tx.read()]);
          }),
        ),
      );
      for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
      const error = await failure;
      expect(classify(error)).toMatchObject({ kind: expect.stringMatching(/connection-lost|killed/) });
      expect(messagesOf(error).join()).not.toContain('did not send this statement');
      await unlock();
      expect(await stage.rows()).toEqual([]);
    });

    test('are all refused once one of them was the victim of a deadlock, and run again where they may', async () => {
      const { wants, end } = await opponent();
      const attempts: number[] = [];
      const work: Callback<unknown> = async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.count(1);
        if (attempt === 1) await wants();
        const both = Promise.all([tx.count(2), tx.insert(attempt)]);
        if (attempt === 1) await later(both).catch(end);
        await both;
      };
      await open().transaction(work, rerun);
      expect(attempts).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([2]);
    });

    test('leave nothing there after a deadlock that the callback has swallowed', async () => {
      const { wants, end } = await opponent();
      const error = await failureOf(
        open().transaction(async (tx) => {
          await tx.count(1);
          await wants();
          await tx.count(2).catch(end);
          await tx.insert(1);
        }),
      );
      expect(classify(error)).toMatchObject({ outcome: 'rolled-back', kind: 'deadlock' });
      expect(await stage.rows()).toEqual([]);
    });
  });

  test('a first statement that the server refuses leaves the transaction as it is', async () => {
    const attempts: number[] = [];
    await open().transaction(async (tx, { attempt }) => {
      attempts.push(attempt);
      expect(await failureOf(tx.send('INSERT INTO no_such_table (id) VALUES (1)'))).not.toBeInstanceOf(
        OutcomeUnknownError,
      );
      await tx.insert(1);
    });
    expect(attempts).toEqual([1]);
    expect(await stage.rows()).toEqual([1]);
    await expectNothingOpen();
  });

  describe('a callback that fails', () => {
    test('while another branch of it is between two statements leaves nothing there', async () => {
      let goOn: () => void = () => {};
      const thrown = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let branch: Promise<unknown> = Promise.resolve();
      const mine = new Error('mine');
      const binding = open();
      const error = await failureOf(
        binding.transaction(async (tx) => {
          const first = tx.insert(1);
          branch = later(first.then(() => thrown).then(() => tx.insert(2)));
          await first;
          throw mine;
        }),
      );
      expect(error).toBe(mine);
      goOn();
      await failureOf(branch);
      expect(await stage.rows()).toEqual([]);
      await expectNothingOpen();
    });

    test('has every statement sent that it had called, so that nobody hears of one that nobody waits for', async () => {
      const mine = new Error('mine');
      const calls: Promise<unknown>[] = [];
      const error = await failureOf(
        open().transaction(async (tx) => {
          for (const id of [1, 2, 3]) calls.push(tx.insert(id));
          throw mine;
        }),
      );
      expect(error).toBe(mine);
      const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');
      // Prisma has words of its own for what it had not handed on.
      for (const call of refused) expect(inspect(call)).toContain('Transaction already closed');
      expect(await stage.rows()).toEqual([]);
      await expectNothingOpen();
    });

    test('while its first statement looks for another connection is over at once, and leaves nothing behind', async () => {
      const binding = open();
      await binding.read();
      const mine = new Error('mine');
      const error = await failureOf(
        binding.transaction(async (tx) => {
          stage.proxy.set('refuse');
          stage.proxy.resetAll();
          later(tx.insert(1));
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
          throw mine;
        }),
      );
      expect(error).toBe(mine);
      stage.proxy.set('pass');
      await binding.read();
      expect(await stage.rows()).toEqual([]);
      await expectNothingOpen();
    });
  });

  describe('a callback that stops waiting for a statement that was sent', () => {
    const ends = ['returns', 'throws'] as const;
    /** What a call or a callback was told. */
    const toldOf = (work: Promise<unknown>) => work.then(() => 'applied' as const, classify);

    async function stopWaiting(
      end: (typeof ends)[number],
      meanwhile: (unlock: () => Promise<void>) => Promise<unknown>,
    ) {
      const unlock = await stage.lockKeyed(1);
      const binding = open();
      let forgotten: Promise<unknown> = Promise.resolve();
      let stop: () => void = () => {};
      const enough = new Promise<void>((resolve) => {
        stop = resolve;
      });
      const work = later(
        binding.transaction(async (tx) => {
          await tx.insert(1);
          forgotten = toldOf(tx.count(1));
          await enough;
          if (end === 'throws') throw new Error('mine');
        }),
      );
      await stage.inFlightBehindRow();
      stop();
      await meanwhile(unlock);
      const told = { whole: await toldOf(work), part: await forgotten };
      await unlock();
      await expectNothingOpen();
      const [row] = await stage.server.admin<[{ writes: number }]>('SELECT writes FROM stage_keyed WHERE id = 1');
      expect(await binding.read()).toEqual(await stage.rows());
      return { ...told, rows: await stage.rows(), writes: row.writes };
    }

    beforeEach(() => stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)'));

    test.each(ends)('and %s leaves nothing open, and what was acknowledged is there', async (end) => {
      const { whole, part, rows, writes } = await stopWaiting(end, (unlock) => unlock());
      if (end === 'returns') expect(whole).toBe('applied');
      else expect(whole).not.toBe('applied');
      expect(rows).toEqual(whole === 'applied' ? [1] : []);
      expect(writes).toBe(whole === 'applied' && part === 'applied' ? 1 : 0);
    });

    test.each(ends)('and %s while its connection dies leaves nothing open, and nothing is there', async (end) => {
      const { whole, rows, writes } = await stopWaiting(end, async () => stage.proxy.resetAll());
      expect(whole).not.toBe('applied');
      expect(rows).toEqual([]);
      expect(writes).toBe(0);
    });
  });

  describe('a transaction that has committed a part of its work by itself', () => {
    /** What commits, what then begins another transaction, and what is there for good. */
    const committing = [
      { by: 'CREATE TABLE IF NOT EXISTS stage_made (id INT)', begin: 'START TRANSACTION', kept: [1] },
      { by: 'START TRANSACTION', begin: undefined, kept: [1] },
      { by: 'CALL stage_commit_half_way()', begin: undefined, kept: [1, 7] },
    ];
    const makeProcedure = () => {
      const insert = (id: number) => `INSERT INTO stage_rows (id) VALUES (${id})`;
      return stage.makeProcedure(
        'stage_commit_half_way',
        `BEGIN ${insert(7)}; COMMIT; START TRANSACTION; ${insert(8)}; END`,
      );
    };
    const dropTable = () => stage.server.admin('DROP TABLE IF EXISTS stage_made');
    /** An adapter that is not ours prepares every statement. */
    const isForeign = (binding: Binding) => binding.pool === undefined;
    const cannotSend = (binding: Binding, sql: string | undefined): [boolean, string] => {
      const [differs, reason] = unless(stage.server, 'preparedBegin', 'done');
      return [differs && isForeign(binding) && sql === 'START TRANSACTION', reason];
    };

    test.for(committing)(
      'does not run again, and is not called rolled back: $by',
      async ({ by, begin, kept }, { skip }) => {
        const binding = open();
        skip(...cannotSend(binding, begin ?? by));
        await makeProcedure();
        stage.after(dropTable);
        const { wants, end } = await opponent();
        const attempts: number[] = [];
        const error = await failureOf(
          binding.transaction(async (tx, { attempt }) => {
            attempts.push(attempt);
            await tx.insert(attempt);
            await tx.send(by);
            if (begin !== undefined) await tx.send(begin);
            await tx.count(1);
            await wants();
            await tx.count(2).catch(async (cause: unknown) => {
              await end();
              throw cause;
            });
          }, rerun),
        );
        // Without evidence there is the server's error alone, as it is.
        if (isForeign(binding)) expect(isGoneAwayError(error)).toBe(false);
        expect(classify(error)).toMatchObject(isForeign(binding) ? { kind: 'deadlock' } : { outcome: 'failed' });
        expect(attempts).toEqual([1]);
        expect(await stage.rows()).toEqual(kept);
        await expectNothingOpen();
      },
    );

    test.for(committing)('is unknown when its connection is lost: $by', async ({ by, kept }, { skip }) => {
      const binding = open();
      skip(...cannotSend(binding, by));
      await makeProcedure();
      stage.after(dropTable);
      let runs = 0;
      const unlock = await stage.lock('stage_keyed');
      const error = failureOf(
        binding.transaction(async (tx) => {
          runs += 1;
          await tx.insert(runs);
          await tx.send(by);
          await tx.count(1);
        }, rerun),
      );
      await stage.inFlight(1);
      stage.proxy.resetAll();
      expect(classify(await error)).toMatchObject({ outcome: 'unknown' });
      if (!isForeign(binding)) expect(await error).toBeInstanceOf(OutcomeUnknownError);
      await unlock();
      expect(runs).toBe(1);
      expect(await stage.rows()).toEqual(kept);
      await expectNothingOpen();
    });
  });
}

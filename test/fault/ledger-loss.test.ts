import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { type LedgerBinding, type LedgerCallback, ledgerBindings } from '../support/ledger/bindings.ts';
import { breakCommit, freshLedger, isCommit, ledgerOf } from '../support/ledger/stage-ledger.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

describe.each(ledgerBindings)('exactlyOnce, with $name', unhurried, ({ create }) => {
  const stage = useStage('ledger-loss');
  let binding: LedgerBinding;

  const open = (policy?: ResilienceOptions): LedgerBinding =>
    stage.closing(create({ connection: { ...stage.proxied(), connectionLimit: 3 }, ...(policy && { policy }) }));
  const killAll = async () => {
    for (const id of await stage.server.threads()) await stage.server.killThread(id);
  };
  const twice = (between: () => Promise<unknown>) => {
    let runs = 0;
    return vi.fn<LedgerCallback<number>>(async (tx) => {
      runs += 1;
      await tx.insert(1);
      if (runs === 1) await between();
      await tx.insert(2);
      return runs;
    });
  };

  beforeEach(async () => {
    binding = open();
    await freshLedger(stage, binding);
  });

  test.each([
    ['its session is killed', killAll],
    [
      'the server is killed and started again',
      async () => {
        await stage.server.kill9();
        await stage.server.start();
      },
    ],
    ['its connection is reset', async () => stage.proxy.resetAll()],
  ])('runs the callback again when, between two statements, %s', async (_name, between) => {
    const callback = twice(between);
    expect(await binding.transaction(callback, { exactlyOnce: true })).toBe(2);
    expect(await stage.rows()).toEqual([1, 2]);
    // The token of the first run went with it.
    expect((await ledgerOf(stage)).map(({ state }) => state)).toEqual(['committed']);
  });

  test('begins again with the whole `maxRetryTime`, though its callback came to its first statement after that had passed', async () => {
    const maxRetryTime = 1_500;
    const mine = open({ maxRetryTime, minTimeout: 0, maxTimeout: 10 });
    const callback = vi.fn<LedgerCallback<string>>(async (tx) => {
      await delay(maxRetryTime + 100);
      await killAll();
      // A server that is not next door: an answer takes longer than no time at all.
      stage.proxy.delay(20);
      await tx.insert(1);
      return 'done';
    });
    expect(await mine.transaction(callback, { exactlyOnce: true })).toBe('done');
    expect(callback).toHaveBeenCalledOnce();
    expect(await stage.rows()).toEqual([1]);
  });

  test.each([
    ['its session is killed', async () => killAll()],
    [
      'the server is killed',
      async () => {
        await stage.server.kill9();
        await stage.server.start();
      },
    ],
  ])('is settled when COMMIT is on its way while %s', async (_name, lose) => {
    let lost: Promise<void> | undefined;
    const stop = stage.proxy.onClientData((chunk) => {
      if (!isCommit(chunk)) return 'forward';
      stop();
      lost = lose();
      return 'forward';
    });
    const callback = vi.fn<LedgerCallback<string>>((tx) => tx.insert(1).then(() => 'done'));
    expect(await binding.transaction(callback, { exactlyOnce: true })).toBe('done');
    await lost;
    expect(await stage.rows()).toEqual([1]);
  });

  test('is settled when a frozen server had COMMIT before it, and thaws when its client has gone', async () => {
    const impatient = open({ attemptTimeout: 1_000 });
    const callback = vi.fn<LedgerCallback<string>>(async (tx) => {
      await tx.insert(1);
      if (callback.mock.calls.length === 1) {
        await stage.server.freeze();
        setTimeout(() => void stage.server.thaw(), 2_500);
      }
      return 'done';
    });
    expect(await impatient.transaction(callback, { exactlyOnce: true })).toBe('done');
    expect(await stage.rows()).toEqual([1]);
  });

  test('is an OutcomeUnknownError when the server does not come back within maxRetryTime', async () => {
    const impatient = open({ maxRetryTime: 1_500 });
    const broken = breakCommit(stage, 'executed').then(() => stage.proxy.set('refuse'));
    const error = await failureOf(impatient.transaction((tx) => tx.insert(1), { exactlyOnce: true }));
    await broken;
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(await stage.rows()).toEqual([1]);
  });

  test('is an OutcomeUnknownError when a lost session holds its row and nobody can kill it', async () => {
    const impatient = open({ attemptTimeout: 300, maxRetryTime: 3_000 });
    const stop = stage.proxy.onClientData((chunk, connection) => {
      if (!isCommit(chunk)) return 'forward';
      stop();
      connection.silence();
      return 'swallow';
    });
    const callback = vi.fn<LedgerCallback<unknown>>((tx) => tx.insert(1));
    const error = await failureOf(impatient.transaction(callback, { exactlyOnce: true }));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(callback).toHaveBeenCalledOnce();
    await killAll();
  });

  test('waits out a server that is read-only after COMMIT was lost', async () => {
    const broken = breakCommit(stage, 'lost on its way');
    const result = later(binding.transaction((tx) => tx.insert(1).then(() => 'done'), { exactlyOnce: true }));
    await broken;
    await stage.server.admin('SET GLOBAL read_only = 1');
    setTimeout(() => void stage.server.admin('SET GLOBAL read_only = 0'), 1_000);
    expect(await result).toBe('done');
    expect(await stage.rows()).toEqual([1]);
  });

  test('gives back the own error of the callback, and keeps no row', async () => {
    const own = new Error('not today');
    const failing = binding.transaction((tx) => tx.insert(1).then(() => Promise.reject(own)), { exactlyOnce: true });
    expect(await failureOf(failing)).toBe(own);
    expect(await stage.rows()).toEqual([]);
    expect(await ledgerOf(stage)).toEqual([]);
  });

  test('never says that nobody can know, when the server is killed under many transactions', async ({ skip }) => {
    // Before writers begin, which end when the server is back.
    skip(...notOurs(stage.server, 'it is not killed'));
    const many = stage.closing(create({ connection: stage.direct() }));
    const answers = new Map<number, unknown>();
    let back = false;
    const writer = async (first: number): Promise<void> => {
      for (let id = first, last = false; !last; id += 1) {
        last = back;
        const write: LedgerCallback<unknown> = async (tx) => {
          await tx.insert(id);
          await tx.insert(id);
        };
        answers.set(
          id,
          await many.transaction(write, { exactlyOnce: true }).then(
            () => 'committed',
            (error: unknown) => error,
          ),
        );
      }
    };
    const writers = later(Promise.all(Array.from({ length: 10 }, (_, index) => writer(index * 100_000))));
    await expect.poll(() => answers.size, patient).toBeGreaterThan(50);
    await stage.server.kill9();
    await stage.server.start();
    back = true;
    await writers;
    const rows = await stage.rows();
    const wrong = [...answers].filter(
      ([id, answer]) => answer !== 'committed' || rows.filter((row) => row === id).length !== 2,
    );
    expect(wrong).toEqual([]);
    expect(rows).toHaveLength(answers.size * 2);
  });

  describe('of one statement', () => {
    test.each(['executed', 'lost on its way'] as const)('is applied once when its COMMIT was %s', async (fate) => {
      const broken = breakCommit(stage, fate);
      await binding.insertOnce(1);
      await broken;
      expect(await stage.rows()).toEqual([1]);
    });

    test('is applied once when its connection is lost before COMMIT', async () => {
      const unlock = await stage.lockRows();
      const write = later(binding.insertOnce(1));
      const [thread] = await stage.inFlightBehindRow();
      await stage.server.killThread(Number(thread));
      await unlock();
      await write;
      expect(await stage.rows()).toEqual([1]);
    });
  });
});

describe.each(ledgerBindings)(
  'exactlyOnce, with $name, where a lock wait timeout ends the transaction',
  unhurried,
  ({ create }) => {
    const stage = useStage('ledger-timeout', ['--innodb-rollback-on-timeout=1', '--innodb-lock-wait-timeout=1']);

    test('runs the callback again when it swallowed one, and does not commit nothing', async () => {
      const binding = stage.closing(create({ connection: { ...stage.proxied(), connectionLimit: 3 } }));
      await freshLedger(stage, binding);
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      const count = 'UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1';
      const blocker = await createConnection(stage.direct());
      stage.after(async () => blocker.destroy());
      await blocker.query('BEGIN');
      await blocker.query(count);
      let runs = 0;
      const callback: LedgerCallback<number> = async (tx) => {
        runs += 1;
        await tx.insert(1);
        if (runs > 1) await tx.insert(2);
        else {
          await expect(tx.run(count)).rejects.toThrow();
          await blocker.query('ROLLBACK');
        }
        return runs;
      };
      expect(await binding.transaction(callback, { exactlyOnce: true })).toBe(2);
      expect(await stage.rows()).toEqual([1, 2]);
    });
  },
);

import { describe, expect, test, vi } from 'vitest';
import { classify, OutcomeUnknownError, RetriesExhaustedError } from '../../../src/index.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import { unless } from '../../support/server/server-differences.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, BindingStatements, Callback, CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** Ends a transaction in the middle of its first run, so that the server certainly undoes it. */
export interface Undoing {
  readonly name: string;
  /** Called after the first statement of the first run; what it resolves with is called when that run is over. */
  undo(): Promise<() => Promise<unknown>>;
}

const nothing = async () => {};

/** What a server does to a transaction between its first and its second statement. */
export function undoingsOn(stage: Stage): readonly Undoing[] {
  return [
    {
      name: 'its connection was reset between two statements',
      undo: async () => {
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        return nothing;
      },
    },
    {
      name: 'its connection was killed between two statements',
      undo: async () => {
        for (const id of await stage.server.threads()) await stage.server.killThread(id);
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        return nothing;
      },
    },
    {
      name: 'the server was restarted between two statements',
      undo: async () => {
        await stage.server.restart();
        return nothing;
      },
    },
    {
      name: 'the server became read-only before the second statement',
      undo: async () => {
        await stage.server.admin('SET GLOBAL read_only = 1');
        return () => stage.server.admin('SET GLOBAL read_only = 0');
      },
    },
    {
      name: 'its second statement waited too long for a lock',
      undo: () => stage.lockKeyed(1),
    },
  ];
}

/** A callback runs again only where the caller said so, and only when the server has certainly undone what it did. */
export function describeReruns(create: CreateBinding, stage: Stage): void {
  const open = (connectionLimit = 3): Binding =>
    stage.closing(create({ connection: stage.proxied(), connectionLimit, policy: { minTimeout: 0, maxTimeout: 20 } }));
  const rerun = { rerun: true } as const;

  const undoings = undoingsOn(stage);

  describe('a transaction that the server has undone', () => {
    test.each(undoings)('runs again from the beginning, and is applied once: $name', async ({ undo }) => {
      await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
      await shortenLockWait(stage);
      const binding = open();
      const attempts: number[] = [];
      const result = await binding.transaction(async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.insert(attempt);
        const over = attempt === 1 ? await undo() : nothing;
        try {
          await tx.count(1);
        } finally {
          await over();
        }
        return `run ${attempt}`;
      }, rerun);
      expect(result).toBe('run 2');
      expect(attempts).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([2]);
      expect(await writesOf(stage, 1)).toBe(1);
    });

    test.each(undoings)('does not run again where nobody said that it may: $name', async ({ undo }) => {
      await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
      await shortenLockWait(stage);
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        const over = await undo();
        try {
          await tx.count(1);
        } finally {
          await over();
        }
      });
      const error = await failureOf(binding.transaction(callback));
      expect(error).not.toBeInstanceOf(OutcomeUnknownError);
      expect(['rolled-back', 'not-executed']).toContain(classify(error).outcome);
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([]);
      expect(await writesOf(stage, 1)).toBe(0);
    });

    test('runs again when a row that it writes has changed since its snapshot', async ({ skip }) => {
      skip(...unless(stage.server, 'staleSnapshot', 'ERR 1020'));
      await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
      const binding = open();
      const attempts: number[] = [];
      await binding.transaction(async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.insert(attempt);
        await tx.read();
        if (attempt === 1) await stage.server.admin('UPDATE stage_keyed SET writes = 10 WHERE id = 1');
        await tx.count(1);
      }, rerun);
      expect(attempts).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([2]);
      expect(await writesOf(stage, 1)).toBe(11);
    });

    test('runs again when its connection was lost after its last statement and before COMMIT', async () => {
      const binding = open();
      const attempts: number[] = [];
      await binding.transaction(async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.insert(attempt);
        if (attempt > 1) return;
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      }, rerun);
      expect(attempts).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([2]);
    });

    test('runs again when the policy says that it may, and a single one can be excepted', async () => {
      const binding = open().with({ transactions: rerun });
      const runs = async (options?: { rerun: false }): Promise<number> => {
        let count = 0;
        const work = binding.transaction(async (tx, { attempt }) => {
          count = attempt;
          await tx.insert(1);
          if (attempt > 1) return;
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        }, options);
        await work.catch(() => {});
        return count;
      };
      expect(await runs()).toBe(2);
      expect(await runs({ rerun: false })).toBe(1);
    });

    test('is given up with the error of every run when none succeeds', async () => {
      const binding = open().with({ retries: 2 });
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      });
      const error = await failureOf(binding.transaction(callback, rerun));
      expect(error).toBeInstanceOf(RetriesExhaustedError);
      expect((error as RetriesExhaustedError).errors).toHaveLength(3);
      expect(callback.mock.calls.map(([, { attempt }]) => attempt)).toEqual([1, 2, 3]);
      expect(await stage.rows()).toEqual([]);
    });
  });

  describe('two transactions in a deadlock', () => {
    test('are both applied, once each', async () => {
      await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0), (2, 0)');
      const binding = open();
      let meet: () => void = nothing;
      const bothHaveOne = new Promise<void>((resolve) => {
        let arrived = 0;
        meet = () => {
          arrived += 1;
          if (arrived === 2) resolve();
        };
      });
      const attempts: number[] = [];
      const both = (first: number, second: number) =>
        binding.transaction(async (tx, { attempt }) => {
          attempts.push(attempt);
          await tx.count(first);
          if (attempt === 1) {
            meet();
            await bothHaveOne;
          }
          await tx.count(second);
          await tx.insert(first);
        }, rerun);
      await Promise.all([both(1, 2), both(2, 1)]);
      expect(attempts.sort()).toEqual([1, 1, 2]);
      expect([...(await stage.rows())].sort()).toEqual([1, 2]);
      expect([await writesOf(stage, 1), await writesOf(stage, 2)]).toEqual([2, 2]);
    });
  });

  describe('a transaction that may run again', () => {
    test('does not, when its COMMIT was sent and never answered', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>((tx) => tx.insert(1));
      let committing: number | undefined;
      stage.proxy.onClientData((chunk, { id }) => {
        if (chunk.toString('latin1').toLowerCase().includes('commit')) committing = id;
        return 'forward';
      });
      stage.proxy.onServerData((_, connection) => {
        if (connection.id !== committing) return 'forward';
        connection.reset();
        return 'swallow';
      });
      expect(await failureOf(binding.transaction(callback, rerun))).toBeInstanceOf(OutcomeUnknownError);
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([1]);
    });

    test.each([
      { what: 'an error of its own', own: new Error('not today') },
      {
        what: 'the error of another connection',
        own: Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }),
      },
      { what: 'a lost connection of somebody else', own: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) },
    ])('does not, when its callback throws $what', async ({ own }) => {
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        throw own;
      });
      expect(await failureOf(open().transaction(callback, rerun))).toBe(own);
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([]);
    });

    test('does not, when another one was committed inside its callback', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        await binding.transaction((other) => other.insert(2));
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        await tx.insert(3);
      });
      const error = await failureOf(binding.transaction(callback, rerun));
      expect(classify(error).outcome).toBe('rolled-back');
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([2]);
    });

    test('does not, while another one that was begun inside its callback is still under way', async () => {
      const binding = open();
      let inner: Promise<unknown> = Promise.resolve();
      let goOn: () => void = nothing;
      const lost = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        const own = await stage.server.threads();
        const begun = new Promise<void>((resolve) => {
          inner = later(
            binding.transaction(async (other) => {
              await other.insert(2);
              resolve();
              await lost;
            }),
          );
        });
        await begun;
        for (const id of own) await stage.server.killThread(id);
        // Nobody awaits the other one, which ends behind this.
        await tx.insert(3);
      });
      await failureOf(binding.transaction(callback, rerun));
      goOn();
      await inner.catch(nothing);
      expect(callback).toHaveBeenCalledOnce();
    });

    test('leaves what its callback has started, and goes on behind it, to itself', async () => {
      const binding = open();
      let background: Promise<readonly number[]> = Promise.resolve([]);
      let start: () => void = nothing;
      const over = new Promise<void>((resolve) => {
        start = resolve;
      });
      const job = async () => {
        await over;
        const attempts: number[] = [];
        await binding.transaction(async (tx, { attempt }) => {
          attempts.push(attempt);
          await tx.insert(attempt);
          if (attempt > 1) return;
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        }, rerun);
        return attempts;
      };
      await binding.transaction(async (tx) => {
        await tx.read();
        background = later(job());
      }, rerun);
      start();
      expect(await background).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([2]);
    });

    test('decides for those inside its callback', async () => {
      const binding = open();
      const runs: string[] = [];
      await binding.transaction(async (tx, { attempt }) => {
        runs.push(`outer ${attempt}`);
        await tx.insert(attempt);
        await binding.transaction(async (other, context) => {
          runs.push(`inner ${context.attempt}`);
          await other.insert(10 * attempt);
          if (attempt > 1) return;
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        }, rerun);
      }, rerun);
      expect(runs).toEqual(['outer 1', 'inner 1', 'outer 2', 'inner 1']);
      expect([...(await stage.rows())].sort()).toEqual([2, 20]);
    });
  });

  describe('a clean transaction, of which nothing was executed', () => {
    test('begins again when its first statement is refused, and its callback does not notice', async () => {
      const binding = open();
      await binding.read();
      await stage.server.admin('SET GLOBAL read_only = 1');
      const sent = recordStatements(stage.proxy);
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        await tx.insert(1);
        await tx.insert(2);
      });
      const work = later(binding.transaction(callback));
      await expect.poll(() => sent.count('INSERT INTO'), { ...patient, interval: 1 }).toBeGreaterThan(0);
      await stage.server.admin('SET GLOBAL read_only = 0');
      await work;
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('begins again when its connection was lost before its first statement was written', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        await tx.insert(1);
        return tx.read();
      });
      expect(await binding.transaction(callback)).toEqual([1]);
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([1]);
    });

    test('is a transaction on its other connection too: what its callback then gives up is undone', async () => {
      const binding = open();
      const own = new Error('not today');
      const failure = failureOf(
        binding.transaction(async (tx) => {
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
          await tx.insert(1);
          await tx.insert(2);
          throw own;
        }),
      );
      expect(await failure).toBe(own);
      expect(await stage.rows()).toEqual([]);
    });

    test('is all or nothing when its connection was lost with two statements about to be written', async () => {
      const binding = open();
      const callback = vi.fn<Callback<unknown>>(async (tx) => {
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        await Promise.all([tx.insert(1), tx.insert(2)]);
      });
      const failure = await binding.transaction(callback).then(
        () => undefined,
        (error: unknown) => classify(error).outcome,
      );
      // Where statements wait for each other, the first one is the first one.
      expect([undefined, 'rolled-back', 'not-executed']).toContain(failure);
      expect(callback).toHaveBeenCalledOnce();
      expect([...(await stage.rows())].sort()).toEqual(failure === undefined ? [1, 2] : []);
    });
  });

  test('a statement that comes after the end of its transaction is refused, and reaches nobody', async () => {
    const binding = open(1);
    let kept: BindingStatements | undefined;
    await binding.transaction(async (tx) => {
      kept = tx;
      await tx.insert(1);
    });
    await failureOf(Promise.resolve(kept?.insert(2)));
    expect(await stage.rows()).toEqual([1]);
  });

  test.each([
    [{ rerun: 'always' }, '`rerun` to be true or false, got "always"'],
    [{ retry: 'rerun' }, '`retry`: it is called `rerun` now'],
  ])('an option that is wrong is refused before anything is sent: %o', async (options, message) => {
    const callback = vi.fn<Callback<unknown>>();
    const error = await failureOf(open().transaction(callback, options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(callback).not.toHaveBeenCalled();
  });
}

async function writesOf(stage: Stage, id: number): Promise<number | undefined> {
  const [row] = await stage.server.admin<readonly { writes: number }[]>(
    `SELECT writes FROM stage_keyed WHERE id = ${id}`,
  );
  return row?.writes;
}

/** For connections that are made from now on, until the test ends. */
export async function shortenLockWait(stage: Stage): Promise<void> {
  await stage.server.admin('SET GLOBAL innodb_lock_wait_timeout = 1');
  stage.after(() => stage.server.admin('SET GLOBAL innodb_lock_wait_timeout = 50'));
}

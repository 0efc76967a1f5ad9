import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../../src/index.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, CreateBinding } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

const policy = { watch: { after: 150, timeout: 400 }, acquireTimeout: 30_000 } as const;

/** Slow or dead? Nothing hangs, and nothing that the server still works on is cut, without any timeout being set. */
export function describeWatch(create: CreateBinding, stage: Stage): void {
  describe('a statement without an answer', () => {
    const open = (): Binding => stage.closing(create({ connection: stage.routed(), policy }));
    const silences = [
      { kind: 'a black hole', begin: async () => stage.router.set('blackhole') },
      { kind: 'a frozen server', begin: () => stage.server.freeze() },
      { kind: 'a path that loses what clients send', begin: async () => stage.router.set('drop-c2s') },
      { kind: 'a path that loses what servers send', begin: async () => stage.router.set('drop-s2c') },
    ];
    const heal = async () => {
      await stage.server.thaw();
      stage.router.set('pass');
    };
    /** What the next connection that speaks says is lost, and all that it says later. */
    const loseNextStatement = (): Promise<void> =>
      new Promise((resolve) => {
        const stop = stage.router.onClientData(() => {
          stop();
          setImmediate(() => {
            stage.router.set('pass');
            resolve();
          });
          return undefined;
        });
        stage.router.set('drop-c2s');
      });

    test('is waited for as long as the server works on it', async () => {
      const binding = open();
      await binding.insert(1);
      const unlock = await stage.lock();
      const sent = recordStatements(stage.router);
      const both = later(Promise.all([binding.insert(2), binding.read()]));
      await expect.poll(() => sent.count('.processlist'), patient).toBeGreaterThan(5);
      await unlock();
      await both;
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test.each(silences)('ends in $kind: a write is unknown, a read is answered when it is over', async ({ begin }) => {
      const binding = open();
      await Promise.all([binding.insert(100), binding.insert(101)]);
      await begin();
      const read = later(binding.read());
      expect(await failureOf(binding.insert(1))).toBeInstanceOf(OutcomeUnknownError);
      await heal();
      expect(await read).toContain(100);
      expect(await stage.countOf(1)).toBeLessThanOrEqual(1);
    });

    test('ends when it was lost on its way, while everything else works', async () => {
      const binding = open();
      await binding.insert(100);
      await binding.read();
      const lost = loseNextStatement();
      const read = later(binding.read());
      await lost;
      expect(await read).toEqual([100]);
      // Where statements are prepared, this one is from here on: what gets lost is its execution.
      await binding.insert(101);
      const lostAgain = loseNextStatement();
      const failure = failureOf(binding.insert(1));
      await lostAgain;
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
      expect(await stage.rows()).toEqual([100, 101]);
    });

    test.each(silences)('ends a transaction in $kind, which leaves nothing behind', async ({ begin }) => {
      const binding = open();
      await binding.insert(100);
      const failure = failureOf(
        binding.transaction(async (tx) => {
          await tx.insert(1);
          await begin();
          await tx.insert(2);
        }),
      );
      expect(await failure).not.toBeInstanceOf(OutcomeUnknownError);
      await heal();
      // It is let in as soon as the locks of the lost transaction are free.
      await binding.insert(3);
      expect((await stage.rows()).filter((id) => id < 3)).toEqual([]);
    });

    test('ends a COMMIT that was lost on its way, and nobody can know', async () => {
      const binding = open();
      await binding.insert(100);
      let lost: Promise<void> | undefined;
      const failure = failureOf(
        binding.transaction(async (tx) => {
          await tx.insert(1);
          lost = loseNextStatement();
        }),
      );
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
      await lost;
      expect(await stage.rows()).toEqual([100]);
    });

    test('sends BEGIN again that was lost on its way, and runs the callback once', async () => {
      const binding = open();
      await binding.insert(100);
      const lost = loseNextStatement();
      let ran = 0;
      const done = later(
        binding.transaction(async (tx) => {
          ran += 1;
          await tx.insert(1);
        }),
      );
      await lost;
      await done;
      expect(ran).toBe(1);
      expect(await stage.rows()).toEqual([100, 1]);
    });
  });
}

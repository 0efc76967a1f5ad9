import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { classify, OutcomeUnknownError, RetriesExhaustedError } from '../../src/index.ts';
import type { Callback } from '../contract/binding.ts';
import { createForeignBinding } from '../contract/bindings/prisma.ts';
import { expectTruth, failureOf, killAll, later, type Told, told, warm } from '../contract/outcome.ts';
import { describeCompany } from '../contract/scenarios/company.ts';
import { describeDyingStatements } from '../contract/scenarios/dying-statements.ts';
import { shortenLockWait, undoingsOn } from '../contract/scenarios/reruns.ts';
import { describeRestart } from '../contract/scenarios/restart.ts';
import { resetAt } from '../support/proxy/reset-at.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

/**
 * The extension on `@prisma/adapter-mariadb`: it decides by error codes only, so it knows less and says "unknown" more often. What it may
 * never do is the same: apply a write twice, or call one applied that was not.
 */
describe('the extension on an adapter that brings no evidence', unhurried, () => {
  const stage = useStage('prisma-foreign-adapter');
  const open = () => stage.closing(createForeignBinding({ connection: stage.direct() }));
  const rounds = 15;

  describeRestart(createForeignBinding, stage);
  describeDyingStatements(createForeignBinding, stage);
  describeCompany(createForeignBinding, stage);

  test('answers every read that follows at once when all idle connections were killed', async () => {
    const binding = open();
    await stage.asRoot(async (root) => {
      for (let round = 1; round <= rounds; round += 1) {
        await warm(binding, 3);
        await killAll(root);
        expect(await Promise.all([binding.read(), binding.read(), binding.read()])).toEqual([[], [], []]);
      }
    });
  });

  test('applies a write that follows at once exactly once, or says that nobody can know', async () => {
    const binding = open();
    const answers = new Map<number, Told>();
    await stage.asRoot(async (root) => {
      for (let id = 1; id <= rounds * 2; id += 2) {
        await warm(binding, 2);
        await killAll(root);
        const both = await Promise.all([told(binding.insert(id)), told(binding.insert(id + 1))]);
        answers.set(id, both[0]).set(id + 1, both[1]);
      }
    });
    await expectTruth(stage, answers);
  });

  test('says of a write that was killed in flight that nobody can know, and answers a read', async () => {
    const binding = open();
    await binding.insert(1);
    const unlock = await stage.lock();
    const [write, locking] = [failureOf(binding.insert(2)), failureOf(binding.readForUpdate())];
    const read = later(binding.read());
    for (const id of await stage.inFlight(3)) await stage.server.killThread(id);
    expect(await write).toBeInstanceOf(OutcomeUnknownError);
    expect(await locking).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect((await read).filter((id) => id === 1)).toEqual([1]);
  });

  test('never repeats the callback of a transaction, whatever was killed in it', async () => {
    const binding = open();
    const unlock = await stage.lockRows();
    let calls = 0;
    const failure = failureOf(
      later(
        binding.transaction?.(async (tx) => {
          calls += 1;
          await tx.read();
          await tx.insert(1);
        }) ?? Promise.resolve(),
      ),
    );
    const [thread] = await stage.inFlightBehindRow();
    await stage.server.killThread(Number(thread));
    const error = await failure;
    expect(error).not.toBeInstanceOf(OutcomeUnknownError);
    expect(classify(error).endsTransaction).toBe(true);
    expect(calls).toBe(1);
    await unlock();
    expect(await binding.read()).toEqual([]);
  });

  test('tells every transaction the truth when the server is killed under many of them', async ({ skip }) => {
    // Before writers begin, which end when the server is back.
    skip(...notOurs(stage.server, 'it is not killed'));
    const binding = open();
    const answers = new Map<number, 'committed' | 'unknown' | 'failed'>();
    let back = false;
    const writer = async (first: number): Promise<void> => {
      for (let id = first, last = false; !last; id += 1) {
        last = back;
        const work = binding.transaction?.(async (tx) => {
          await tx.insert(id);
          await tx.insert(id);
        });
        answers.set(
          id,
          await Promise.resolve(work).then(
            () => 'committed' as const,
            (error) => (error instanceof OutcomeUnknownError ? 'unknown' : 'failed'),
          ),
        );
      }
    };
    const writers = later(Promise.all(Array.from({ length: 8 }, (_, index) => writer(index * 100_000))));
    await expect.poll(() => answers.size, patient).toBeGreaterThan(50);
    await stage.server.kill9();
    await stage.server.start();
    back = true;
    await writers;
    const rows = await stage.rows();
    const wrong = [...answers].filter(([id, answer]) => {
      const count = rows.filter((row) => row === id).length;
      return !{ committed: [2], unknown: [0, 2], failed: [0] }[answer].includes(count);
    });
    expect(wrong).toEqual([]);
  });

  test.each(undoingsOn(stage))('runs a transaction again, or tells the truth about it: $name', async ({ undo }) => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    await shortenLockWait(stage);
    const binding = open();
    const runs: number[] = [];
    const callback: Callback<unknown> = async (tx, { attempt }) => {
      runs.push(attempt);
      await tx.insert(attempt);
      const over = attempt === 1 ? await undo() : async () => {};
      try {
        await tx.count(1);
      } finally {
        await over();
      }
    };
    const applied = await binding.transaction(callback, { rerun: true }).then(
      () => true,
      () => false,
    );
    expect(await stage.rows()).toEqual(applied ? runs.slice(-1) : []);
  });

  describe('waits for a server that refuses, or is away, as long as `maxRetryTime`, and with few attempts', () => {
    const states = [
      { state: 'read-only', begin: 'SET GLOBAL read_only = 1', end: 'SET GLOBAL read_only = 0' },
      { state: 'down', begin: undefined, end: undefined },
    ] as const;

    test.for(states)('$state', async ({ state, begin, end }, { skip }) => {
      skip(...notOurs(stage.server, 'its settings are not changed'));
      const tried: number[] = [];
      const policy = { retries: 1, onRetry: ({ attempt }: { attempt: number }) => tried.push(attempt) };
      const binding = stage.closing(createForeignBinding({ connection: stage.direct(), connectionLimit: 5, policy }));
      await warm(binding, 5);
      await (begin === undefined ? stage.server.stop() : stage.server.admin(begin));
      const ids = Array.from({ length: 40 }, (_, id) => id);
      const writes = later(Promise.all(ids.map((id) => binding.insert(id))));
      await delay(8_000);
      await (end === undefined ? stage.server.start() : stage.server.admin(end));
      await writes;
      expect([...(await stage.rows())].sort((a, b) => a - b)).toEqual(ids);
      // Each caller waits for himself: the adapter is somebody else's.
      expect(Math.max(...tried)).toBeGreaterThan(state === 'down' ? 1 : 3);
      expect(Math.max(...tried)).toBeLessThan(20);
    });
  });

  test('gives up on a server that stays down with the reason, once its deadline has passed', async () => {
    const policy = { maxRetryTime: 500 };
    const binding = stage.closing(createForeignBinding({ connection: stage.direct(), policy }));
    await stage.server.stop();
    const errors = await Promise.all([failureOf(binding.read()), failureOf(binding.insert(1))]);
    for (const error of errors) {
      expect(classify(error)).toMatchObject({ outcome: 'not-executed', kind: 'connect' });
    }
    await stage.server.start();
    expect(await stage.rows()).toEqual([]);
  });

  test('sends a read three times that ends its connection whenever it is sent, and a write once', async () => {
    const binding = stage.closing(createForeignBinding({ connection: stage.proxied() }));
    await binding.select('1');
    const reads = resetAt(stage.proxy, 'SELECT id FROM stage_rows');
    expect(await failureOf(binding.read())).toBeInstanceOf(RetriesExhaustedError);
    expect(reads.count).toBe(3);
    const writes = resetAt(stage.proxy, 'INSERT INTO stage_rows');
    expect(await failureOf(binding.insert(1))).toBeInstanceOf(OutcomeUnknownError);
    expect(writes.count).toBe(1);
    writes.stop();
    expect(await stage.rows()).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { AcquireTimeoutError, OutcomeUnknownError } from '../../../src/index.ts';
import { watchSockets } from '../../support/proxy/watch-sockets.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, BindingOptions, CreateBinding } from '../binding.ts';
import { expectTruth, failureOf, later, type Told, told, warm } from '../outcome.ts';

const limits = { attemptTimeout: 300, acquireTimeout: 20_000 } as const;

/** A path or a server on which nothing moves any more, and nothing says so. */
export function describeSilence(create: CreateBinding, stage: Stage): void {
  const silences = [
    {
      kind: 'a black hole',
      begin: async () => stage.proxy.set('blackhole'),
      end: async () => stage.proxy.set('pass'),
    },
    { kind: 'a frozen server', begin: () => stage.server.freeze(), end: () => stage.server.thaw() },
  ];
  const open = (options: Omit<BindingOptions, 'connection'>): Binding =>
    stage.closing(create({ connection: stage.proxied(), ...options }));

  describe.each(silences)('$kind', ({ begin, end }) => {
    test('delays reads until it is over, and loses no place in the pool', async () => {
      const retried: string[] = [];
      const binding = open({ policy: { ...limits, onRetry: ({ failure }) => retried.push(failure.kind) } });
      await openTen(binding, stage);
      await begin();
      const answers = later(Promise.all(Array.from({ length: 10 }, () => binding.read())));
      await expect.poll(() => retried.filter((kind) => kind === 'attempt-timeout').length, patient).toBe(10);
      await end();
      expect(await answers).toEqual(Array(10).fill(await binding.read()));
      await tenAtOnce(binding);
    });

    test('makes a write unknown within `attemptTimeout`, and loses no place in the pool', async () => {
      const evicted: string[] = [];
      const binding = open({ policy: { ...limits, onEvict: ({ reason }) => evicted.push(reason) } });
      await openTen(binding, stage);
      await begin();
      const failures = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => failureOf(binding.insert(id))));
      for (const error of failures) {
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(error).toMatchObject({ failure: { kind: 'attempt-timeout', stillRunning: true } });
      }
      expect(evicted).toEqual(Array(10).fill('abandoned'));
      await end();
      await tenAtOnce(binding);
      const counts = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => stage.countOf(id)));
      expect(Math.max(...counts)).toBeLessThanOrEqual(1);
    });

    test('ends the wait for a connection after `acquireTimeout`, and the pool works when it is over', async () => {
      const binding = open({ connectionLimit: 2, policy: { attemptTimeout: 1_500, acquireTimeout: 200 } });
      const lasting = binding.with({ acquireTimeout: 20_000 });
      await warm(lasting, 2);
      await begin();
      const stuck = [told(binding.insert(1)), told(binding.insert(2))];
      const waiting = await Promise.all(Array.from({ length: 5 }, () => failureOf(binding.read())));
      for (const error of waiting) {
        expect(error).toBeInstanceOf(AcquireTimeoutError);
        expect(error).toMatchObject({ failure: { outcome: 'not-executed' } });
      }
      await end();
      const answers = await Promise.all(stuck);
      // Two places are free again only if whoever held them has given them up.
      expect(await Promise.all([lasting.read(), lasting.read(), lasting.read()])).toHaveLength(3);
      await expectTruth(stage, new Map<number, Told>(answers.map((answer, index) => [index + 1, answer])));
    });
  });

  test('says where it had no answer and for how long, when a pool without connections meets silence', async () => {
    const binding = open({ policy: { maxRetryTime: 200 } });
    stage.proxy.set('blackhole');
    const error = await failureOf(binding.read());
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    const server = `127.0.0.1:${stage.proxy.port}`;
    expect(error.message).toMatch(
      new RegExp(`the server at ${server} has not answered an attempt to connect for \\d+ ms .*\`maxRetryTime: 200\``),
    );
    expect(String(error.cause)).toMatch(new RegExp(`The handshake with ${server} is still pending after \\d+ ms`));
  });

  test('says since when the server is away, and what the last attempt met, when that is silence as well', async () => {
    const binding = open({ policy: { maxRetryTime: 1_500 } });
    stage.proxy.set('blackhole');
    const error = await failureOf(binding.read());
    expect(error).toBeInstanceOf(AcquireTimeoutError);
    expect(error.message).toMatch(
      new RegExp(`the server at 127.0.0.1:${stage.proxy.port} has been away for \\d+ ms \\(ETIMEDOUT\\)`),
    );
    expect(error.cause).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('gives a connection back to the pool that was made after its caller had stopped waiting', async () => {
    const binding = open({ connectionLimit: 1, policy: { maxRetryTime: 100 } });
    stage.proxy.set('hold');
    expect(await failureOf(binding.read())).toBeInstanceOf(AcquireTimeoutError);
    stage.proxy.set('pass');
    const patientBinding = binding.with({ maxRetryTime: 20_000 });
    expect(await patientBinding.read()).toEqual([]);
    expect(await patientBinding.read()).toEqual([]);
    expect(stage.proxy.connections()).toBe(1);
  });

  test('keeps no socket of what it stopped waiting for, even if the server never says another word', async () => {
    const sockets = watchSockets();
    stage.after(async () => sockets.stop());
    const binding = stage.closing(create({ connection: stage.direct(), policy: { attemptTimeout: 200 } }));
    await Promise.all([binding.insert(101), binding.insert(102), binding.insert(103)]);
    expect(sockets.open()).toBe(3);
    await stage.server.freeze();
    await Promise.all([1, 2, 3].map((id) => failureOf(binding.insert(id))));
    await expect.poll(() => sockets.open(), patient).toBe(0);
  });

  test('sends an idempotent write again that had no answer within `attemptTimeout`, once its thread is gone', async () => {
    const retried: boolean[] = [];
    const onRetry = ({ failure }: { failure: { stillRunning: boolean } }) => retried.push(failure.stillRunning);
    // The lock is gone a while after the second retry, and a machine that is busy with other things may take its time.
    const policy = { attemptTimeout: 300, lossRetries: 20, onRetry };
    const binding = stage.closing(create({ connection: stage.direct(), policy }));
    await binding.upsertIdempotently(5);
    const unlock = await stage.lock('stage_keyed');
    const write = later(binding.upsertIdempotently(6));
    await expect.poll(() => retried.length, patient).toBeGreaterThanOrEqual(2);
    await unlock();
    await write;
    expect(new Set(retried)).toEqual(new Set([false]));
    expect(await stage.server.admin('SELECT writes FROM stage_keyed WHERE id = 6')).toEqual([{ writes: 1 }]);
  });

  test('closes the sockets of what it stopped waiting for, on both sides', async () => {
    const binding = open({ connectionLimit: 3, policy: { attemptTimeout: 200 } });
    await Promise.all([binding.insert(101), binding.insert(102), binding.insert(103)]);
    const unlock = await stage.lock();
    const failures = Promise.all([1, 2, 3].map((id) => failureOf(binding.insert(id))));
    await stage.inFlight(3);
    for (const error of await failures) expect(error).toBeInstanceOf(OutcomeUnknownError);
    // MySQL notices the end of a client only when it has something to tell it.
    await unlock();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
    await expect.poll(() => stage.server.threads(), patient).toEqual([]);
  });
}

/** Fills the pool, and prepares the statement on each connection: a faster call might use the connection of one before it. */
async function openTen(binding: Binding, stage: Stage): Promise<void> {
  const unlock = await stage.lock();
  const patientBinding = binding.with({ attemptTimeout: 20_000 });
  const inserts = Array.from({ length: 10 }, (_, index) => later(patientBinding.insert(100 + index)));
  await stage.inFlight(10);
  await unlock();
  await Promise.all(inserts);
}

async function tenAtOnce(binding: Binding): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, (_, index) => binding.insert(1_000 + index)));
}

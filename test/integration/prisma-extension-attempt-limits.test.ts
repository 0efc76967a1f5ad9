import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OutcomeUnknownError, RetriesExhaustedError } from '../../src/index.ts';
import { failing } from '../support/prisma/scripted-adapter.ts';
import { openScripted, thrownBy } from '../support/prisma/scripted-client.ts';

/** Nobody can stop an adapter of somebody else: what remains is to stop waiting for it, and to say so. */

const never = () => new Promise(() => {});
const reason = new Error('the user went away');

describe('attemptTimeout', () => {
  it('ends an attempt of a read, and asks again', async () => {
    const { adapter, prisma } = openScripted(failing('SELECT', never, 2), { attemptTimeout: 500 });
    expect(await prisma.user.findMany()).toEqual([]);
    expect(adapter.count('SELECT')).toBe(3);
  });

  it('makes a write unknown, also one that was marked as idempotent: it may still be going on', async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', never, 9), { attemptTimeout: 20 });
    for (const client of [prisma, prisma.$resilience({ idempotent: true })]) {
      const error = await thrownBy(client.user.updateMany({ data: { name: 'x' } }));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'attempt-timeout', stillRunning: true } });
    }
    expect(adapter.steps).toHaveLength(2);
  });

  it('is that of the call, and not that of the client', async () => {
    const { adapter, prisma } = openScripted(
      failing('SELECT', () => delay(60)),
      { attemptTimeout: 15 },
    );
    expect(await prisma.$resilience({ attemptTimeout: 5_000 }).user.findMany()).toEqual([]);
    expect(adapter.count('SELECT')).toBe(1);
  });

  it('leaves an interactive transaction alone, whose callback takes as long as it takes', async () => {
    const { prisma } = openScripted(() => undefined, { attemptTimeout: 10 });
    expect(await prisma.$transaction(async () => delay(40, 'done'))).toBe('done');
  });

  it('does not let a read go on for ever', async () => {
    const { prisma } = openScripted(failing('SELECT', never, 99), { attemptTimeout: 10, retries: 2 });
    expect(await thrownBy(prisma.user.findMany())).toBeInstanceOf(RetriesExhaustedError);
  });
});

describe('a signal', () => {
  it('that is aborted already sends nothing', async () => {
    const { adapter, prisma } = openScripted(() => undefined);
    const derived = prisma.$resilience({ signal: AbortSignal.abort(reason) });
    expect(await thrownBy(derived.user.findMany())).toBe(reason);
    expect(await thrownBy(derived.$transaction([derived.user.findMany()]))).toBe(reason);
    expect(await thrownBy(derived.$transaction(async () => 1))).toBe(reason);
    expect(adapter.steps).toEqual([]);
  });

  it('ends the wait for a read with its reason', async () => {
    const { prisma } = openScripted(failing('SELECT', never));
    const controller = new AbortController();
    const failure = thrownBy(prisma.$resilience({ signal: controller.signal }).user.findMany());
    await delay(10);
    controller.abort(reason);
    expect(await failure).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('makes a write unknown that it caught in flight, and a batch', async () => {
    for (const step of ['UPDATE', 'COMMIT']) {
      const { prisma } = openScripted(failing(step, never));
      const controller = new AbortController();
      const derived = prisma.$resilience({ signal: controller.signal });
      const update = () => derived.user.updateMany({ data: { name: 'x' } });
      const failure = thrownBy(step === 'UPDATE' ? update() : derived.$transaction([update(), update()]));
      await delay(10);
      controller.abort(reason);
      const error = await failure;
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { kind: 'aborted', stillRunning: true } });
    }
  });

  it('never turns a finished write into an error', async () => {
    const { prisma } = openScripted(() => undefined);
    const controller = new AbortController();
    const derived = prisma.$resilience({ signal: controller.signal });
    expect(await derived.user.updateMany({ data: { name: 'x' } })).toEqual({ count: 1 });
    controller.abort(reason);
    await delay(5);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('does not warn of a leak when many calls share it', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    const { prisma } = openScripted(() => undefined);
    const derived = prisma.$resilience({ signal: new AbortController().signal });
    await Promise.all(Array.from({ length: 30 }, () => derived.user.findMany()));
    await delay(5);
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });
});

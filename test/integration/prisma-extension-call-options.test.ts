import { describe, expect, it } from 'vitest';
import { clientForCall } from '../../adapters/prisma/bridge/call-scope.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import type { CallOptions, ResilienceOptions } from '../../src/index.ts';
import { failing, lost, numbered, ScriptedAdapter } from '../support/prisma/scripted-adapter.ts';

/** A client on an adapter that asks for the options of the call at every step, as `PrismaMySQL2` does. */
function open(policy?: ResilienceOptions, script = failing('', () => undefined, 0)) {
  const adapter = new ScriptedAdapter();
  const seen: (readonly [step: string, options: CallOptions | undefined])[] = [];
  adapter.script = (step, nth) => {
    seen.push([step.split(' ')[0] ?? '', optionsOfCall()]);
    return script(step, nth);
  };
  const bare = new PrismaClient({ adapter });
  return { seen, bare, prisma: bare.$extends(resilience(policy)) };
}

/** What the pool is asked to lay over its policy; undefined if nothing is. */
function optionsOfCall(): CallOptions | undefined {
  let asked: CallOptions | undefined;
  interface Pool {
    with(options: CallOptions): Pool;
  }
  const derived: Pool = { with: () => derived };
  const pool: Pool = {
    with: (options) => {
      asked = options;
      return derived;
    },
  };
  expect([pool, derived]).toContain(clientForCall(pool));
  return asked;
}

describe('the options of a call', () => {
  it('are none where nobody asked for any, so that the policy of the pool holds', async () => {
    const { seen, prisma } = open();
    await prisma.user.findMany();
    await prisma.$transaction(async (tx) => tx.user.deleteMany());
    expect(seen.map(([, options]) => options)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('are those of the extension and of the call, and nothing else', async () => {
    const { seen, prisma } = open({ retries: 3, acquireTimeout: 70, budget: false });
    const { signal } = new AbortController();
    await prisma.$resilience({ signal, retries: undefined }).$resilience({ acquireTimeout: 90 }).user.deleteMany();
    expect(seen).toEqual([['DELETE', { retries: 3, acquireTimeout: 90, signal }]]);
  });

  it('never say that something is idempotent: what is in the same context may not be', async () => {
    const { seen, prisma } = open();
    await prisma.$resilience({ idempotent: true }).user.deleteMany();
    await prisma.$resilience({ idempotent: true, retries: 1 }).user.deleteMany();
    expect(seen).toEqual([
      ['DELETE', undefined],
      ['DELETE', { retries: 1 }],
    ]);
  });

  it('bring both delays or none, for them to fit each other in any pool', async () => {
    const { seen, prisma } = open();
    await prisma.$resilience({ minTimeout: 700 }).user.deleteMany();
    expect(seen).toEqual([['DELETE', { minTimeout: 700, maxTimeout: 2_000 }]]);
  });

  it('give a later attempt what is left of the time, whatever the pool would take', async () => {
    const { seen, prisma } = open(
      { maxRetryTime: 5_000, minTimeout: 20, maxTimeout: 20 },
      failing('INSERT', () => numbered(1213), 3),
    );
    await prisma.user.create({ data: { email: 'x' }, select: { id: true } });
    const times = seen.filter(([step]) => step === 'BEGIN').map(([, options]) => options?.maxRetryTime ?? 0);
    expect(times).toHaveLength(4);
    expect(times[0]).toBe(5_000);
    for (const [index, time] of times.entries()) if (index > 0) expect(time).toBeLessThan(times[index - 1] ?? 0);
  });

  it('do not reach the callback of a transaction, where somebody else may work', async () => {
    const { seen, bare, prisma } = open({ retries: 3 });
    await prisma.$transaction(async (tx) => {
      await bare.tag.deleteMany();
      await tx.user.deleteMany();
    });
    expect(seen[0]).toEqual(['BEGIN', { retries: 3 }]);
    expect(seen[1]).toEqual(['DELETE', undefined]);
  });

  it('do not outlive the call', async () => {
    const { seen, bare, prisma } = open({ retries: 3 }, failing('SELECT', lost));
    await prisma.user.findMany();
    await bare.tag.deleteMany();
    expect(seen.at(-1)).toEqual(['DELETE', undefined]);
  });
});

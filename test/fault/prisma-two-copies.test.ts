import type { AsyncLocalStorage } from 'node:async_hooks';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { failureOf } from '../contract/outcome.ts';
import { createFaultStage } from '../support/prisma/fault-stage.ts';
import { loadSecondCopy, type SecondCopy } from '../support/second-copy.ts';

const row = { email: 'a@example.com', updatedAt: new Date(0) };

describe('resilience() on a PrismaMySQL2 of another copy of this package', () => {
  const stage = createFaultStage('prisma-copies');
  let copy: SecondCopy;

  beforeAll(async () => {
    copy = await loadSecondCopy();
  });

  beforeEach(async () => {
    await stage.pool.query('DELETE FROM gone_away_ledger');
  });

  test('an idempotencyKey reaches it: what was done is not done again, and the first result comes back', async () => {
    const prisma = new PrismaClient({ adapter: new copy.PrismaMySQL2(stage.pool) }).$extends(resilience());
    let runs = 0;
    const once = () =>
      prisma.$transaction(
        (tx) => {
          runs += 1;
          return tx.user.create({ data: row, select: { email: true } });
        },
        { idempotencyKey: 'order-42' },
      );
    expect([await once(), await once()]).toEqual([{ email: row.email }, { email: row.email }]);
    expect(runs).toBe(1);
    expect(await stage.emails()).toEqual([row.email]);
  });

  test('a COMMIT without an answer is settled there', async () => {
    const prisma = new PrismaClient({ adapter: new copy.PrismaMySQL2(stage.pool) }).$extends(resilience());
    await prisma.user.count();
    stage.loseAnswerTo('COMMIT');
    await prisma.$transaction((tx) => tx.user.create({ data: row }), { exactlyOnce: true });
    expect(await stage.emails()).toEqual([row.email]);
  });

  test('where it does not, nothing is sent', async () => {
    const factory = new PrismaMySQL2(stage.pool);
    const connect = factory.connect.bind(factory);
    const calls = Reflect.get(globalThis, Symbol.for('gone-away.prisma-calls.1')) as AsyncLocalStorage<unknown>;
    factory.connect = async () => {
      const adapter = await connect();
      const start = adapter.startTransaction.bind(adapter);
      // As an adapter of a version that is told in another way.
      adapter.startTransaction = (level) => calls.run(undefined, () => start(level));
      return adapter;
    };
    const prisma = new PrismaClient({ adapter: factory }).$extends(resilience());
    const callback = vi.fn(async () => {});
    const error = await failureOf(prisma.$transaction(callback, { idempotencyKey: 'order-42' }));
    expect(String(error)).toMatch('PrismaMySQL2 did not get the `idempotencyKey`');
    expect(callback).not.toHaveBeenCalled();
    expect(await stage.emails()).toEqual([]);
  });
});

describe('resilience() of two copies of this package on one client', () => {
  const stage = createFaultStage('prisma-two-extensions');
  let copy: SecondCopy;

  beforeAll(async () => {
    copy = await loadSecondCopy();
  });

  const open = (options: object) =>
    new PrismaClient({ adapter: new PrismaMySQL2(stage.pool) })
      .$extends(copy.resilience(options))
      .$extends(resilience(options));

  test('a transaction that must not run again does not, whatever the policy of the inner one says', async () => {
    const prisma = open({ transactions: { rerun: true }, minTimeout: 0, maxTimeout: 10 });
    const attempts: number[] = [];
    const work = prisma.$transaction(
      async (tx, { attempt }) => {
        attempts.push(attempt);
        await tx.user.create({ data: row });
        await stage.killAll();
        await tx.user.count();
      },
      { rerun: false },
    );
    expect(await failureOf(work)).toBeInstanceOf(Error);
    expect(attempts).toEqual([1]);
    expect(await stage.emails()).toEqual([]);
  });
});

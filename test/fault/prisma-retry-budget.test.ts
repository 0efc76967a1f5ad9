import { describe, expect, test } from 'vitest';
import type { FailureKind, ResilienceOptions } from '../../src/index.ts';
import type { Binding } from '../contract/binding.ts';
import { createForeignBinding, createPrismaBinding } from '../contract/bindings/prisma.ts';
import { killAll } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** Room for three retries after a loss. A retry after a deadlock costs a tenth of one. */
const budget = { capacity: 3, refillPerSecond: 0, refundPerSuccess: 0 } as const;

/** More than three of the tokens, if they were the same. */
const deadlocks = 29;

describe.each([
  { adapter: 'PrismaMySQL2', create: createPrismaBinding },
  { adapter: '@prisma/adapter-mariadb', create: createForeignBinding },
])('interactive transactions with rerun on $adapter', unhurried, ({ create }) => {
  const stage = useStage('prisma-budget');

  /** A client whose retries are told. */
  function open() {
    const retried: FailureKind[] = [];
    const onRetry: ResilienceOptions['onRetry'] = ({ failure }) => void retried.push(failure.kind);
    const policy = { minTimeout: 0, maxTimeout: 0, retries: 100, lossRetries: 100, budget, onRetry };
    return { binding: stage.closing(create({ connection: stage.direct(), policy })), retried };
  }

  test('run again after each of many deadlocks, which leave what is there for lost connections', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (0, 0), (1, 0)');
    const { binding, retried } = open();
    for (let round = 0; round < deadlocks; round += 1) await meetInDeadlock(binding);
    expect(retried).toEqual(Array(deadlocks).fill('deadlock'));
    for (let loss = 1; loss <= budget.capacity; loss += 1) await loseOnce(binding, loss);
    // The adapter of somebody else ends what is asked after the loss as "closed".
    const losses = retried.slice(deadlocks);
    expect(losses).toHaveLength(budget.capacity);
    for (const kind of losses) expect(['connection-lost', 'closed']).toContain(kind);
    await expect(loseOnce(binding, 9)).rejects.toThrow(/budget for retries after losses is spent/);
    expect(await stage.rows()).toEqual([1, 2, 3]);
    expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual(
      Array(2).fill({ writes: 2 * deadlocks }),
    );
  });

  /** The connection is lost before COMMIT, in the first run of the callback. */
  function loseOnce(binding: Binding, id: number): Promise<void> {
    return binding.transaction(
      async (tx, { attempt }) => {
        await tx.insert(id);
        if (attempt === 1) await stage.asRoot(killAll);
        await tx.read();
      },
      { rerun: true },
    );
  }
});

/** Two transactions that lock two rows in opposite order, each after the other has its first. */
async function meetInDeadlock(binding: Binding): Promise<void> {
  const arrivals = [arrival(), arrival()] as const;
  const lockBoth = (own: 0 | 1) =>
    binding.transaction(
      async (tx) => {
        await tx.count(own);
        arrivals[own].come();
        await arrivals[own === 0 ? 1 : 0].came;
        await tx.count(1 - own);
      },
      { rerun: true },
    );
  await Promise.all([lockBoth(0), lockBoth(1)]);
}

function arrival(): { readonly came: Promise<void>; readonly come: () => void } {
  let come: () => void = () => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came, come };
}

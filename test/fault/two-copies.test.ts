import { drizzle } from 'drizzle-orm/mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { loadSecondCopy, type SecondCopy } from '../support/second-copy.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

type Send = (sql: string) => Promise<unknown>;
type Transact = (callback: (send: Send, attempt: number) => Promise<unknown>) => Promise<unknown>;

const insert = (id: number) => `INSERT INTO stage_rows (id) VALUES (${id})`;
const policy = { minTimeout: 0, maxTimeout: 20 };
const rerun = { rerun: true } as const;

describe('two copies of this package in one program', unhurried, () => {
  const stage = useStage('copies');
  let copy: SecondCopy;

  beforeAll(async () => {
    copy = await loadSecondCopy();
  });

  const openPool = () => stage.closing(createPool({ ...stage.proxied(), connectionLimit: 3 }));

  const loseAll = async () => {
    stage.proxy.resetAll();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
  };

  test('are two', () => {
    expect(copy.transaction).not.toBe(transaction);
  });

  const ofFirst =
    (pool: Pool): Transact =>
    (callback) =>
      transaction(pool, (tx, { attempt }) => callback((sql) => tx.query(sql), attempt), rerun);

  /** How a transaction of the second copy comes to the pool that the first one has wrapped. */
  const inner: readonly { readonly through: string; readonly of: (pool: Pool, wrapper: Pool) => Transact }[] = [
    {
      through: 'the pool itself',
      of: (pool) => (callback) =>
        copy.transaction(pool, (tx, { attempt }) => callback((sql) => tx.query(sql), attempt), rerun),
    },
    {
      through: 'the wrapper of the first one',
      of: (_, wrapper) => (callback) =>
        copy.transaction(wrapper, (tx, { attempt }) => callback((sql) => tx.query(sql), attempt), rerun),
    },
    {
      through: 'a wrapper of its own around that',
      of: (_, wrapper) => (callback) =>
        copy.transaction(
          copy.withResilience(wrapper),
          (tx, { attempt }) => callback((sql) => tx.query(sql), attempt),
          rerun,
        ),
    },
    {
      through: 'Drizzle',
      of: (pool) => (callback) =>
        copy
          .withResilientDatabase(drizzle(pool))
          .transaction((tx, { attempt }) => callback((sql) => tx.execute(sql), attempt), rerun),
    },
  ];

  test.each(inner)(
    'the outer transaction decides for the inner one of the other copy, through $through',
    async ({ of }) => {
      const pool = openPool();
      const wrapper = withResilience(pool, policy);
      const runs: string[] = [];
      await ofFirst(wrapper)(async (send, attempt) => {
        runs.push(`outer ${attempt}`);
        await send(insert(attempt));
        await of(
          pool,
          wrapper,
        )(async (sendInner, attemptInner) => {
          runs.push(`inner ${attemptInner}`);
          await sendInner(insert(10 * attempt));
          if (attempt === 1) await loseAll();
        });
      });
      expect(runs).toEqual(['outer 1', 'inner 1', 'outer 2', 'inner 1']);
      expect([...(await stage.rows())].sort()).toEqual([2, 20]);
    },
  );

  test.each(inner)(
    'what the other copy has committed inside of a transaction is not done again, through $through',
    async ({ of }) => {
      const pool = openPool();
      const wrapper = withResilience(pool, policy);
      const callback = vi.fn(async (send: Send) => {
        await send(insert(1));
        await of(pool, wrapper)((sendInner) => sendInner(insert(2)));
        await loseAll();
        await send(insert(3));
      });
      const error = await failureOf(ofFirst(wrapper)(callback));
      expect(classify(error).outcome).toBe('rolled-back');
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([2]);
    },
  );

  test('the policy of a wrapper is heard by the other copy', async () => {
    const wrapper = withResilience(openPool(), { ...policy, transactions: rerun });
    const attempts: number[] = [];
    await copy.transaction(wrapper, async (tx, { attempt }) => {
      attempts.push(attempt);
      await tx.query(insert(attempt));
      if (attempt === 1) await loseAll();
    });
    expect(attempts).toEqual([1, 2]);
    expect(await stage.rows()).toEqual([2]);
  });
});

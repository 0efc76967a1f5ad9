import { setImmediate as nextTurn } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTables } from '../../prisma/tables.ts';
import { classify } from '../../src/index.ts';
import type { Binding, BindingStatements, Callback } from '../contract/binding.ts';
import { createForeignBinding, createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { shortenLockWait } from '../contract/scenarios/reruns.ts';
import { openOpponent } from '../support/deadlock.ts';
import { createExtendedClient } from '../support/prisma/extended-client.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { resetAt } from '../support/proxy/reset-at.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

const adapters = [
  { adapter: 'PrismaMySQL2', create: createPrismaBinding, isWatched: true },
  { adapter: '@prisma/adapter-mariadb', create: createForeignBinding, isWatched: false },
] as const;
type Adapter = (typeof adapters)[number];
const rerun = { rerun: true } as const;
/** Of the only question that gone-away asks. */
const question = 'innodb_rollback_on_timeout';

function open(stage: Stage, { create }: Pick<Adapter, 'create'>): Binding {
  return stage.closing(
    create({ connection: stage.proxied(), connectionLimit: 3, policy: { minTimeout: 0, maxTimeout: 20 } }),
  );
}

/** Row 1 of `stage_keyed` is somebody else's, and whoever waits for it gives up after a second. */
async function holdRow(stage: Stage): Promise<() => Promise<void>> {
  await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
  await shortenLockWait(stage);
  return stage.lockKeyed(1);
}

describe.each(adapters)('with innodb_rollback_on_timeout, on $adapter: a lock wait timeout', unhurried, (adapter) => {
  const stage = useStage('rollback-on-timeout', ['--innodb-rollback-on-timeout=1']);
  const userOf = (email: string) => ({ data: { email, updatedAt: new Date(0) } });

  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => withConnection(stage.direct(), (connection) => connection.query('DELETE FROM user')));

  const endings: readonly { readonly how: string; readonly go: (tx: BindingStatements) => Promise<unknown> }[] = [
    { how: 'a write', go: (tx) => tx.insert(2) },
    { how: 'a write whose error is swallowed too', go: (tx) => tx.insert(2).catch(() => {}) },
    { how: 'nothing', go: async () => {} },
  ];

  test.each(endings)('that the callback swallows is not committed over, when it goes on with $how', async ({ go }) => {
    await holdRow(stage);
    const work = open(stage, adapter).transaction(async (tx) => {
      await tx.insert(1);
      await tx.count(1).catch(() => {});
      await go(tx);
    });
    expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    expect(await stage.rows()).toEqual([]);
  });

  test('of a model, that the callback swallows, lets nothing more through', async () => {
    await shortenLockWait(stage);
    const prisma = createExtendedClient(stage, adapter.adapter);
    const held = await prisma.user.create(userOf('held'));
    const holder = await createConnection(stage.direct());
    stage.after(() => holder.end());
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM user WHERE id = ? FOR UPDATE', [held.id]);
    const work = prisma.$transaction(async (tx) => {
      await tx.user.create(userOf('first'));
      await tx.user.updateMany({ where: { id: held.id }, data: { balance: 1 } }).catch(() => {});
      await tx.user.create(userOf('second'));
    });
    expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    expect(await prisma.user.findMany({ select: { email: true } })).toEqual([{ email: 'held' }]);
  });

  test('undoes a transaction that may run again', async () => {
    const unlock = await holdRow(stage);
    const runs: number[] = [];
    await open(stage, adapter).transaction(async (tx, { attempt }) => {
      runs.push(attempt);
      await tx.insert(attempt);
      await tx.count(1).catch(unlock);
      await tx.insert(attempt * 10);
    }, rerun);
    expect(runs).toEqual([1, 2]);
    expect(await stage.rows()).toEqual([2, 20]);
  });

  test('undoes what was called together with it', async () => {
    const unlock = await holdRow(stage);
    await open(stage, adapter).transaction(async (tx, { attempt }) => {
      const all = Promise.all([tx.insert(attempt), tx.count(1), tx.insert(attempt * 10)]);
      await all.catch(unlock);
      await all;
    }, rerun);
    expect(await stage.rows()).toEqual([2, 20]);
  });

  test('is no rollback where something was sent behind it, and may stay', async () => {
    const unlock = await holdRow(stage);
    const runs: number[] = [];
    const work = open(stage, adapter).transaction(async (tx, { attempt }) => {
      runs.push(attempt);
      if (attempt > 1) return;
      await tx.insert(attempt);
      const first = later(tx.count(1));
      await stage.inFlightBehindRow();
      const second = later(tx.insert(attempt * 10));
      await Promise.all([first, second]).finally(unlock);
    }, rerun);
    await expectNotTold(stage, adapter, work, runs);
  });

  test('is told to the callback behind the question, and what is called until then is refused', async () => {
    await holdRow(stage);
    const binding = open(stage, adapter);
    let second: Promise<unknown> | undefined;
    const work = binding.transaction(async (tx) => {
      await tx.insert(1);
      stage.proxy.onClientData((chunk) => {
        if (chunk.includes(question)) second ??= later(tx.insert(2));
        return 'forward';
      });
      await tx.count(1);
    });
    expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    if (!adapter.isWatched) await failureOf(Promise.resolve(second));
    expect(await stage.rows()).toEqual([]);
  });

  test('of what the callback has called and not waited for is not committed over', async () => {
    await holdRow(stage);
    const work = open(stage, adapter).transaction(async (tx) => {
      await tx.insert(1);
      later(tx.count(1));
      await nextTurn();
    });
    await failureOf(work);
    expect(await stage.rows()).toEqual([]);
  });
});

describe.each(adapters)('as servers are set by default, on $adapter', unhurried, (adapter) => {
  const stage = useStage('swallowed-rollbacks');

  test('a lock wait timeout ends its statement only, and the server is asked after it, once', async () => {
    await holdRow(stage);
    const sent = recordStatements(stage.proxy);
    const asked: number[] = [];
    await open(stage, adapter).transaction(async (tx) => {
      await tx.insert(1);
      asked.push(sent.count(question));
      await tx.count(1).catch(() => {});
      asked.push(sent.count(question));
      await tx.insert(2);
    });
    expect(await stage.rows()).toEqual([1, 2]);
    expect([...asked, sent.count(question)]).toEqual(adapter.isWatched ? [0, 0, 0] : [0, 1, 1]);
  });

  test('a lock wait timeout of which the server cannot be asked has ended the transaction', async ({ skip }) => {
    skip(adapter.isWatched, 'PrismaMySQL2 asks nothing: it sees in each answer whether the transaction is open');
    await holdRow(stage);
    const resets = resetAt(stage.proxy, question);
    const work = open(stage, adapter).transaction(async (tx) => {
      await tx.insert(1);
      await tx.count(1).catch(() => {});
    });
    expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    expect(resets.count).toBe(1);
    expect(await stage.rows()).toEqual([]);
  });

  test('a deadlock undoes what was called together with it', async () => {
    const opponent = await openOpponent(stage);
    await open(stage, adapter).transaction(async (tx, { attempt }) => {
      if (attempt > 1) await opponent.end();
      await tx.count(1);
      if (attempt === 1) await opponent.waitForRow1();
      await Promise.all([tx.insert(attempt), tx.count(2), tx.insert(attempt * 10)]);
    }, rerun);
    expect(await stage.rows()).toEqual([2, 20]);
  });

  test('a deadlock is no rollback where something was sent behind it, and may stay', async () => {
    const opponent = await openOpponent(stage);
    const runs: number[] = [];
    const work = open(stage, adapter).transaction(async (tx, { attempt }) => {
      runs.push(attempt);
      if (attempt > 1) return;
      await tx.count(1);
      const first = later(tx.count(2));
      await stage.inFlightBehindRow();
      const second = later(tx.insert(attempt * 10));
      await nextTurn();
      opponent.askForRow1();
      await Promise.all([first, second]);
    }, rerun);
    await expectNotTold(stage, adapter, work, runs);
  });

  const commits: readonly { readonly what: string; readonly sql: string }[] = [
    { what: 'CREATE TABLE', sql: 'CREATE TABLE IF NOT EXISTS stage_made (id INT)' },
    { what: 'CALL of a procedure that commits', sql: 'CALL stage_commit()' },
  ];

  /** MySQL does not prepare START TRANSACTION, and the other adapter prepares everything. */
  const begin = () => (stage.server.kind === 'mysql' ? 'CALL stage_begin()' : 'START TRANSACTION');

  describe.each(commits)('behind $what, which has committed what came before it', ({ sql }) => {
    beforeEach(async () => {
      await stage.asRoot(async (root) => {
        await root.query('DROP TABLE IF EXISTS stage_made');
        await root.query('DROP PROCEDURE IF EXISTS stage_commit');
        await root.query('CREATE PROCEDURE stage_commit() COMMIT');
        await root.query('DROP PROCEDURE IF EXISTS stage_begin');
        await root.query('CREATE PROCEDURE stage_begin() START TRANSACTION');
      });
    });

    test.each([{ options: {} }, { options: rerun }])(
      'a deadlock has not undone the transaction: $options',
      async ({ options }) => {
        const opponent = await openOpponent(stage);
        const seen: string[] = [];
        const callback: Callback<unknown> = async (tx, { attempt }) => {
          await tx.insert(attempt);
          await tx.send(sql);
          await tx.send(begin());
          await tx.count(1);
          await opponent.waitForRow1();
          await tx.count(2).catch((error: unknown) => {
            seen.push(classify(error).outcome);
            throw error;
          });
        };
        const error = await failureOf(open(stage, adapter).transaction(callback, options));
        expect(error.constructor.name).toMatch(/^PrismaClient/);
        expect([...seen, classify(error).outcome]).toEqual(['failed', 'failed']);
        expect(await stage.rows()).toEqual([1]);
      },
    );

    test('a lock wait timeout that was seen before it does not run the transaction again', async () => {
      const unlock = await holdRow(stage);
      const callback: Callback<unknown> = async (tx, { attempt }) => {
        await tx.insert(attempt);
        const error = await tx.count(1).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        await unlock();
        await tx.send(sql);
        if (error !== undefined) throw error;
      };
      const error = await failureOf(open(stage, adapter).transaction(callback, rerun));
      expect(classify(error).outcome).toBe('failed');
      expect(await stage.rows()).toEqual([1]);
    });
  });
});

/** Where nobody watches the wire, what was sent behind the rollback stays; then nothing may be said of a rollback, and nothing runs again. */
async function expectNotTold(
  stage: Stage,
  { isWatched }: Adapter,
  work: Promise<unknown>,
  runs: readonly number[],
): Promise<void> {
  if (isWatched) await work;
  else expect(classify(await failureOf(work)).outcome).toBe('failed');
  expect(runs).toEqual(isWatched ? [1, 2] : [1]);
  expect(await stage.rows()).toEqual(isWatched ? [] : [10]);
}

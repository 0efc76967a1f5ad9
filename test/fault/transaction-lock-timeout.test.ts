import { describe, expect, test } from 'vitest';
import { classify } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { clusterBindings } from '../support/cluster/bindings.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** The server says with 1205 that a statement was undone, and not whether its transaction was as well. */
describe.each([
  { what: 'rolls back the whole transaction', flag: 1, rows: [] },
  { what: 'rolls back the statement alone', flag: 0, rows: [1, 2] },
])('a lock wait timeout that $what, swallowed by the callback', unhurried, ({ flag, rows }) => {
  const stage = useStage('lock-timeout', [`--innodb-rollback-on-timeout=${flag}`, '--innodb-lock-wait-timeout=1']);

  test.each(clusterBindings)('commits all of what was done, or nothing and says so: $name', async ({ create }) => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    const unlock = await stage.lockKeyed(1);
    const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 2 }));
    const work = binding.transaction(async (tx) => {
      await tx.insert(1);
      await tx.count(1).catch(() => {});
      await tx.insert(2);
    });
    if (flag === 1)
      expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    else await work;
    expect(await stage.rows()).toEqual(rows);
    await unlock();
  });

  test.each(clusterBindings)(
    'does the same behind a statement that may commit by itself: $name',
    async ({ create }) => {
      await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
      await stage.asRoot(async (root) => {
        await root.query('DROP PROCEDURE IF EXISTS stage_nothing');
        await root.query('CREATE PROCEDURE stage_nothing() DO 1');
      });
      const unlock = await stage.lockKeyed(1);
      const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 2 }));
      const work = binding.transaction(async (tx) => {
        await tx.send('CALL stage_nothing()');
        await tx.insert(1);
        await tx.count(1).catch(() => {});
        await tx.insert(2);
      });
      if (flag === 1) expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait' });
      else await work;
      expect(await stage.rows()).toEqual(rows);
      await unlock();
    },
  );

  test.each(clusterBindings)('does the same where it was the last statement: $name', async ({ create }) => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    const unlock = await stage.lockKeyed(1);
    const binding = stage.closing(create({ connection: stage.direct(), connectionLimit: 2 }));
    const work = binding.transaction(async (tx) => {
      await tx.insert(1);
      await tx.insert(2);
      await tx.count(1).catch(() => {});
    });
    if (flag === 1)
      expect(classify(await failureOf(work))).toMatchObject({ kind: 'lock-wait', outcome: 'rolled-back' });
    else await work;
    expect(await stage.rows()).toEqual(rows);
    await unlock();
  });
});

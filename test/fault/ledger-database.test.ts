import { createPool, type RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLedger, ledgerSql, pruneLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { LedgerError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { everyLedgerBinding, type LedgerBinding } from '../support/ledger/bindings.ts';
import { breakCommit, ledgerOf } from '../support/ledger/stage-ledger.ts';
import { stageTables, unhurried, useStage } from '../support/stage.ts';

describe.each(everyLedgerBinding)(
  'the ledger of a pool whose sessions a USE has moved, with $name',
  unhurried,
  ({ create }) => {
    const stage = useStage('ledger-database');
    let binding: LedgerBinding;
    let runs = 0;

    beforeEach(async ({ skip }) => {
      skip(!stage.server.controllable, 'only root makes databases');
      await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
      await stage.server.admin('DROP DATABASE IF EXISTS elsewhere');
      await stage.server.admin('CREATE DATABASE elsewhere');
      await stage.server.admin(ledgerSql());
      await stage.server.admin(ledgerSql('elsewhere.gone_away_ledger'));
      for (const table of stageTables)
        await stage.server.admin(table.replace('CREATE TABLE ', 'CREATE TABLE elsewhere.'));
      runs = 0;
      binding = stage.closing(create({ connection: { ...stage.proxied(), connectionLimit: 1 } }));
      const [[account]] = await binding.pool.query<RowDataPacket[]>(
        "SELECT REPLACE(CURRENT_USER(), '@', \"'@'\") AS name",
      );
      await stage.server.admin(`GRANT ALL ON elsewhere.* TO '${account?.name}'`);
    });

    const elsewhere = () => stage.server.admin('SELECT state FROM elsewhere.gone_away_ledger');

    /** As somebody may leave it behind who works on the pool that was given to this package. */
    async function moveSession(): Promise<void> {
      const held = await binding.pool.getConnection();
      await held.query('USE elsewhere');
      held.release();
    }

    const once = () =>
      binding.transaction(
        async (tx) => {
          runs += 1;
          await tx.insert(1);
          return runs;
        },
        { idempotencyKey: 'order-42' },
      );

    test.each(['before', 'after'])('is one: a key that is used %s it runs once', async (when) => {
      if (when === 'before') expect(await once()).toBe(1);
      await moveSession();
      expect(await once()).toBe(1);
      expect(await once()).toBe(1);
      const again = stage.closing(create({ connection: stage.proxied() }));
      binding = again;
      expect(await once()).toBe(1);
      expect(runs).toBe(1);
      expect(await elsewhere()).toEqual([]);
    });

    test.each([
      ['executed', 1],
      ['lost on its way', 2],
    ] as const)('is the one in which a COMMIT is settled that is %s', async (fate, expected) => {
      await moveSession();
      const broken = breakCommit(stage, fate);
      expect(await once()).toBe(expected);
      await broken;
      expect((await ledgerOf(stage)).map(({ state }) => state)).toContain('committed');
      expect(await elsewhere()).toEqual([]);
    });

    test('is the one that is created, and pruned', async () => {
      await stage.server.admin('DROP TABLE gone_away_ledger');
      await moveSession();
      await createLedger(binding.pool);
      const old = "(token, state, created_at) VALUES ('old', 'committed', UTC_TIMESTAMP() - INTERVAL 1 DAY)";
      await stage.server.admin(`INSERT INTO gone_away_ledger ${old}`);
      await stage.server.admin(`INSERT INTO elsewhere.gone_away_ledger ${old}`);
      await moveSession();
      expect(await pruneLedger(binding.pool, { olderThan: 3_600_000 })).toBe(1);
      expect(await ledgerOf(stage)).toEqual([]);
      expect(await elsewhere()).toHaveLength(1);
    });

    test('is missed where it is missing, though there is one elsewhere', async () => {
      await stage.server.admin('DROP TABLE gone_away_ledger');
      await moveSession();
      const error = await failureOf(once());
      expect(error).toBeInstanceOf(LedgerError);
      expect(error.message).toContain('in the database `app`');
      expect(runs).toBe(0);
    });
  },
);

describe('a pool whose options name no database', unhurried, () => {
  const stage = useStage('ledger-no-database');

  test('has a ledger where the policy names one, and is refused by name where nothing does', async () => {
    const { database, ...nowhere } = stage.direct();
    const insert = `INSERT INTO ${database}.stage_rows (id) VALUES (1)`;
    const write = (ledgerTable?: string) => {
      const pool = withResilience(createPool(nowhere), { ...(ledgerTable && { ledgerTable }) });
      stage.closing(pool);
      return transaction(pool, (tx) => tx.query(insert), { exactlyOnce: true });
    };
    await createLedger(stage.closing(createPool(stage.direct())));
    const error = await failureOf(write());
    expect(error).toBeInstanceOf(LedgerError);
    expect(error).toMatchObject({ failure: { outcome: 'not-executed', transient: false } });
    expect(error.message).toContain("`ledgerTable: 'shop.gone_away_ledger'`");
    expect(await stage.rows()).toEqual([]);
    await write(`${database}.gone_away_ledger`);
    expect(await stage.rows()).toEqual([1]);
  });
});

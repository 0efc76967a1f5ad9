import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { createLedger, ledgerSql, pruneLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { LedgerError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { type LedgerBinding, type LedgerCallback, ledgerBindings } from '../support/ledger/bindings.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { unhurried, useStage } from '../support/stage.ts';

const hour = 3_600_000;

describe.each(ledgerBindings)('the ledger table, with $name', unhurried, ({ create }) => {
  const stage = useStage('ledger-setup');
  let binding: LedgerBinding;
  let callback = vi.fn<LedgerCallback<unknown>>();

  const open = (policy?: ResilienceOptions): LedgerBinding =>
    stage.closing(create({ connection: { ...stage.proxied(), connectionLimit: 3 }, ...(policy && { policy }) }));

  beforeEach(async () => {
    binding = open();
    callback = vi.fn<LedgerCallback<unknown>>((tx) => tx.insert(1));
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    await stage.server.admin('DROP VIEW IF EXISTS gone_away_ledger');
  });

  const refused = async (options = { exactlyOnce: true }): Promise<string> => {
    const error = await failureOf(binding.transaction(callback, options));
    expect(error).toBeInstanceOf(LedgerError);
    expect(callback).not.toHaveBeenCalled();
    expect(await stage.rows()).toEqual([]);
    return error.message;
  };

  test('that is missing is one error that shows how to make it, before the callback runs', async () => {
    expect(await refused()).toContain(ledgerSql());
    await createLedger(binding.pool);
    await createLedger(binding.pool);
    await binding.transaction(callback, { exactlyOnce: true });
    expect(await stage.rows()).toEqual([1]);
  });

  test('that is dropped later is the same error', async () => {
    await createLedger(binding.pool);
    await binding.transaction(callback, { exactlyOnce: true });
    await stage.server.admin('DROP TABLE gone_away_ledger');
    callback.mockClear();
    await stage.server.admin('DELETE FROM stage_rows');
    expect(await refused()).toContain(ledgerSql());
  });

  test.each([
    ['MyISAM', ledgerSql().replace('InnoDB', 'MyISAM'), /table of MyISAM, and has to be one of InnoDB/],
    ['another key', ledgerSql().replace('PRIMARY KEY (`token`)', 'PRIMARY KEY (`token`, `state`)'), /primary key/],
    ['a padded token', ledgerSql().replace('VARBINARY(32)', 'BINARY(32)'), /has to be VARBINARY\(32\)/],
    ['no result', ledgerSql().replace('  `result` MEDIUMTEXT,\n', ''), /no column `result`/],
    ['a view', "CREATE VIEW gone_away_ledger AS SELECT '' AS token", /no table but a view/],
  ])('that is not fit is refused by name: %s', async (_name, statement, message) => {
    await binding.pool.query(statement);
    expect(await refused()).toMatch(message);
  });

  test('with a trigger that may change its rows is refused', async () => {
    await createLedger(binding.pool);
    await stage.server.admin(
      "CREATE TRIGGER meddler BEFORE INSERT ON gone_away_ledger FOR EACH ROW SET NEW.state = 'committed'",
    );
    // Only who may see triggers sees them.
    if (stage.server.controllable) await stage.server.admin("GRANT TRIGGER ON app.* TO 'app'@'%'").catch(() => {});
    expect(await refused()).toMatch(/BEFORE trigger/);
  });

  test('may have another name, in another database', async () => {
    const table = `${stage.direct().database}.tokens`;
    const named = open({ ledgerTable: table });
    await createLedger(named.pool, { table });
    await named.transaction(callback, { exactlyOnce: true });
    expect(await stage.server.admin(`SELECT state FROM ${table}`)).toEqual([{ state: 'committed' }]);
    await stage.server.admin(`DROP TABLE ${table}`);
  });

  test('is asked about once per pool; then a transaction takes one round trip more, two with a key', async () => {
    await createLedger(binding.pool);
    const packets = async (options: object): Promise<number> => {
      const recorded = recordStatements(stage.proxy);
      await binding.transaction(async (tx) => {
        await tx.insert(1);
      }, options);
      recorded.stop();
      return recorded.packets();
    };
    await packets({ exactlyOnce: true });
    const bare = await packets({});
    expect(await packets({ exactlyOnce: true })).toBe(bare + 1);
    expect(await packets({ idempotencyKey: 'k' })).toBe(bare + 2);
  });
});

describe('pruneLedger', unhurried, () => {
  const stage = useStage('ledger-prune');
  const age = async (token: string, seconds: number) =>
    stage.server.admin(
      `INSERT INTO gone_away_ledger (token, state, created_at) VALUES (?, 'committed', UTC_TIMESTAMP() - INTERVAL ${seconds} SECOND)`,
      [Buffer.from(token)],
    );

  beforeEach(async () => {
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
  });

  const pools = {
    'a promise pool': () => stage.closing(createPool(stage.direct())),
    'a callback pool': () => {
      const pool = createCallbackPool(stage.direct() as never);
      stage.after(() => pool.promise().end());
      return pool;
    },
    'a resilient pool': () => withResilience(stage.closing(createPool(stage.direct()))),
    'a Drizzle database': () => withResilientDatabase(drizzle(stage.closing(createPool(stage.direct())))),
    'a pool in another time zone': () => {
      const pool = stage.closing(createPool(stage.direct()));
      pool.on('connection', (connection) => void connection.query("SET time_zone = '-12:00'"));
      return pool;
    },
  };

  test.each(Object.entries(pools))(
    'deletes what is older, in small batches, and counts it: %s',
    async (_name, open) => {
      const pool = open();
      await createLedger(pool);
      for (let index = 0; index < 25; index += 1) await age(`old ${index}`, 3_700);
      await age('young', 3_500);
      expect(await pruneLedger(pool, { olderThan: hour, batchSize: 10 })).toBe(25);
      expect(await pruneLedger(pool, { olderThan: hour })).toBe(0);
      expect(await stage.server.admin('SELECT token FROM gone_away_ledger')).toEqual([{ token: Buffer.from('young') }]);
    },
  );

  test.each([
    [{ olderThan: hour - 1 }, /`olderThan` to be milliseconds from 3600000, for a row has to outlive/],
    [{ olderThan: Number.POSITIVE_INFINITY }, /got Infinity/],
    [{ olderThan: '1d' }, /got 1d/],
    [{ olderThan: hour, batchSize: 0 }, /`batchSize`.*got 0/],
    [{ olderThan: hour, table: 'a b' }, /`table`/],
  ])('refuses %o', async (options, message) => {
    const pool = pools['a promise pool']();
    await expect(pruneLedger(pool, options as never)).rejects.toThrow(message);
    await expect(pruneLedger(pool, options as never)).rejects.toThrow(TypeError);
  });

  test('and createLedger refuse what is no pool', async () => {
    for (const source of [undefined, null, {}, 'mysql://', { $client: {} }]) {
      await expect(createLedger(source as never)).rejects.toThrow(TypeError);
      await expect(pruneLedger(source as never, { olderThan: hour })).rejects.toThrow(TypeError);
    }
  });
});

describe('exactlyOnce', unhurried, () => {
  const stage = useStage('ledger-options');

  test('is refused for what it cannot be for, before anything is sent', async () => {
    const pool = withResilience(stage.closing(createPool(stage.direct())));
    const db = withResilientDatabase(drizzle(pool));
    const nothing = async () => {};
    const readOnly = { exactlyOnce: true, accessMode: 'read only' } as const;
    await expect(transaction(pool, nothing, readOnly)).rejects.toThrow(/`accessMode` to be 'read write'/);
    await expect(db.transaction(nothing, readOnly)).rejects.toThrow(/`accessMode` to be 'read write'/);
    const restart = { exactlyOnce: true, rerun: false } as const;
    await expect(transaction(pool, nothing, restart)).rejects.toThrow(/`rerun` to be true or left out/);
    const once = pool.$resilience({ exactlyOnce: true });
    await expect(once.query('CREATE TABLE t (id INT)')).rejects.toThrow(/a statement that commits by itself/);
    await expect(once.query('INSERT INTO stage_rows (id) VALUES (1); COMMIT')).rejects.toThrow(TypeError);
    expect(await stage.rows()).toEqual([]);
  });

  test('of all transactions leaves read-only ones alone, and is refused for nested ones', async () => {
    const pool = stage.closing(createPool(stage.direct()));
    await createLedger(pool);
    const db = withResilientDatabase(drizzle(pool), { transactions: { exactlyOnce: true } });
    await db.transaction((tx) => tx.execute(sql`SELECT 1`), { accessMode: 'read only' });
    const rows = () => stage.server.admin('SELECT state FROM gone_away_ledger');
    expect(await rows()).toEqual([]);
    await db.transaction((tx) => tx.transaction((inner) => inner.execute(sql`SELECT 1`)));
    expect(await rows()).toEqual([{ state: 'committed' }]);
    type Nested = (callback: () => Promise<void>, options: object) => Promise<void>;
    const nested = db.transaction((tx) =>
      (tx.transaction.bind(tx) as unknown as Nested)(async () => {}, { idempotencyKey: 'k' }),
    );
    await expect(nested).rejects.toThrow(/Unexpected `idempotencyKey` for a nested transaction/);
  });
});

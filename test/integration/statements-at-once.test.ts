import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

type Statements = Pick<Pool, 'query' | 'execute'>;

describe('several statements of a transaction that are sent at once', unhurried, () => {
  const stage = useStage('statements-at-once');
  const open = (): Resilient<Pool> => withResilience(stage.closing(createPool(stage.proxied())));

  const methods: readonly [string, (tx: Statements, sql: string) => Promise<[unknown, unknown]>][] = [
    ['query', (tx, sql) => tx.query(sql)],
    ['execute', (tx, sql) => tx.execute(sql)],
  ];

  test.each(methods)('get each its own answer: %s', async (_, send) => {
    const answers = await transaction(open(), async (tx) => {
      const sent = [
        send(tx, 'INSERT INTO stage_rows (id) VALUES (1)'),
        send(tx, 'SELECT id FROM stage_rows'),
        send(tx, 'UPDATE stage_rows SET id = 2'),
      ];
      return (await Promise.all(sent)).map(([answer]) => answer);
    });
    expect(answers).toMatchObject([{ affectedRows: 1 }, [{ id: 1 }], { affectedRows: 1 }]);
    expect(await stage.rows()).toEqual([2]);
  });

  test('share the error of their connection, and one that may have committed is not acquitted by one that was not sent', async () => {
    const pool = open();
    const unlock = await stage.lock('stage_keyed');
    let runs = 0;
    const failure = failureOf(
      transaction(
        pool,
        async (tx) => {
          runs += 1;
          await tx.query('INSERT INTO stage_rows (id) VALUES (1)');
          // What alters a table commits the transaction before it waits for the table.
          await Promise.all([tx.query("ALTER TABLE stage_keyed COMMENT = 'altered'"), tx.query('SELECT 1')]);
        },
        { rerun: true },
      ),
    );
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await unlock();
    expect(await failure).toBeInstanceOf(OutcomeUnknownError);
    expect(runs).toBe(1);
    expect(await stage.rows()).toEqual([1]);
  });
});

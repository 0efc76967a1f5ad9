import { describe, expect, test } from 'vitest';
import { classify, isGoneAwayError, type RetryEvent } from '../../../src/index.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import { differenceOn } from '../../support/server/server-differences.ts';
import type { Stage } from '../../support/stage.ts';
import type { Binding, CreateBinding, Rows } from '../binding.ts';
import { failureOf, later } from '../outcome.ts';

/** Stands in each statement that is sent here, so that it is known on the wire. */
const mark = 'callers_limit';

const ways: readonly (readonly [string, (binding: Binding, sql: string) => Promise<Rows>])[] = [
  ['alone', (binding, sql) => binding.rowsOf(sql)],
  ['with `idempotent`', (binding, sql) => binding.with({ idempotent: true }).rowsOf(sql)],
  [
    'in a transaction that may run again',
    (binding, sql) => binding.transaction((tx) => tx.rowsOf(sql), { rerun: true }),
  ],
];

/** What your statement may wait for, or whoever runs the server allows it, ends it with the server's own error, and it is not sent again. */
export function describeCallersLimits(create: CreateBinding, stage: Stage): void {
  describe.each(ways)('a limit on a statement, which the server keeps: %s', (_way, send) => {
    const row = `SELECT id AS ${mark} FROM stage_keyed WHERE id = 1 FOR UPDATE`;

    /** One row that somebody else has locked, one that is free, and a pool that has been used. */
    async function open() {
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1), (2)');
      const retried: RetryEvent[] = [];
      const policy = { onRetry: (event: RetryEvent) => void retried.push(event) };
      const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit: 2, policy }));
      await binding.read();
      await stage.lockKeyed(1);
      const sent = recordStatements(stage.proxy);
      const expectOnce = () => {
        sent.stop();
        expect(sent.times(mark)).toBe(1);
        expect(retried).toEqual([]);
      };
      return { binding, expectOnce };
    }

    function expectErrorOfServer(error: Error, expected: `ERR ${number}`): void {
      expect(isGoneAwayError(error)).toBe(false);
      expect(`ERR ${classify(error).errno}`).toBe(expected);
    }

    test('NOWAIT: hears of the lock at once', async () => {
      const { binding, expectOnce } = await open();
      const error = await failureOf(send(binding, `${row} NOWAIT`));
      expectErrorOfServer(error, differenceOn(stage.server, 'lockedNowait'));
      expectOnce();
    });

    test.for([
      ['WAIT 0', `${row} WAIT 0`],
      ['WAIT 1', `${row} WAIT 1`],
      ['SET STATEMENT innodb_lock_wait_timeout = 0', `SET STATEMENT innodb_lock_wait_timeout = 0 FOR ${row}`],
    ] as const)('%s: hears of the lock after that time', async ([, sql], { skip }) => {
      skip(stage.server.kind !== 'mariadb', 'only MariaDB has it');
      const { binding, expectOnce } = await open();
      expectErrorOfServer(await failureOf(send(binding, sql)), 'ERR 1205');
      expectOnce();
    });

    test('SKIP LOCKED: gets the rows that are free', async () => {
      const { binding, expectOnce } = await open();
      const rows = await send(binding, `SELECT id AS ${mark} FROM stage_keyed ORDER BY id FOR UPDATE SKIP LOCKED`);
      expect(rows).toEqual([{ [mark]: 2 }]);
      expectOnce();
    });

    test('a limit of its time: is ended by it', async () => {
      const { binding, expectOnce } = await open();
      const rows = 'WITH seq AS (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)';
      const count = `COUNT(*) AS ${mark} FROM seq WHERE SLEEP(0.05) = 0`;
      const sql =
        stage.server.kind === 'mariadb'
          ? `SET STATEMENT max_statement_time = 0.1 FOR ${rows} SELECT ${count}`
          : `${rows} SELECT /*+ MAX_EXECUTION_TIME(100) */ ${count}`;
      const error = await failureOf(send(binding, sql));
      expect(classify(error).kind).toBe('limit');
      expectErrorOfServer(error, differenceOn(stage.server, 'statementLimit'));
      expectOnce();
    });

    test('KILL QUERY by an operator: is ended by it', async () => {
      const { binding, expectOnce } = await open();
      await stage.lock();
      const failure = later(failureOf(send(binding, `SELECT id AS ${mark} FROM stage_rows`)));
      for (const id of await stage.inFlight(1)) await stage.server.admin('KILL QUERY ?', [id]);
      const error = await failure;
      expect(classify(error).kind).toBe('killed');
      expectErrorOfServer(error, 'ERR 1317');
      expectOnce();
    });
  });
}

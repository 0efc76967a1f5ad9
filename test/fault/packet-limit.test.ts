import { createPool, type Pool } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify, type RetryEvent } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const limit = 1_048_576;

describe('a statement that is larger than `max_allowed_packet`', unhurried, () => {
  const stage = useStage('packet-limit', [`--max-allowed-packet=${limit}`]);

  beforeAll(() => stage.server.admin('CREATE TABLE stage_blobs (data LONGBLOB)'));

  function open(options: object = {}) {
    const retried: RetryEvent[] = [];
    const pool = createPool({ ...stage.direct(), connectionLimit: 1, ...options });
    return {
      pool: stage.closing(withResilience(pool, { onRetry: (event) => retried.push(event) })),
      retried,
    };
  }

  const insert = 'INSERT INTO stage_blobs (data) VALUES (?)';
  const countBlobs = () => stage.server.admin('SELECT COUNT(*) AS count FROM stage_blobs');

  type Send = (pool: Resilient<Pool>, data: Buffer) => Promise<unknown>;
  const ways: readonly (readonly [string, Send])[] = [
    ['query', (pool, data) => pool.query(insert, [data.toString('latin1')])],
    ['execute', (pool, data) => pool.execute(insert, [data])],
    ['with `idempotent`', (pool, data) => pool.$resilience({ idempotent: true }).execute(insert, [data])],
    [
      'in a transaction that may run again',
      (pool, data) => transaction(pool, (tx) => tx.execute(insert, [data]), { rerun: true }),
    ],
  ];

  // The error of the server is read; the server closes the connection first; much of it never leaves this process.
  const sizes = [limit + 10_000, 4_000_000, 20_000_000];

  describe.each(ways)('%s', (_name, send) => {
    test.each(sizes)(
      'is not executed, not sent again, and its error names the limit and the size: %d',
      async (size) => {
        const { pool, retried } = open();
        const error = await failureOf(send(pool, Buffer.alloc(size, 'x')));
        expect(error).toMatchObject({ code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 });
        expect(error.message).toMatch(/'max_allowed_packet' bytes: the statement has \d+/);
        expect(classify(error)).toMatchObject({ outcome: 'not-executed', kind: 'limit' });
        expect(retried).toEqual([]);
        expect(await countBlobs()).toEqual([{ count: 0 }]);
        await pool.query('SELECT 1');
      },
    );
  });

  test('also where it is compressed on its way', async () => {
    const { pool, retried } = open({ compress: true });
    const error = await failureOf(pool.execute(insert, [Buffer.alloc(4_000_000, 'x')]));
    expect(error).toMatchObject({ code: 'ER_NET_PACKET_TOO_LARGE' });
    expect(retried).toEqual([]);
  });

  test('also a read over TLS, where nobody can know what of it has left this process', async () => {
    const { pool, retried } = open({ ssl: { rejectUnauthorized: false } });
    const error = await failureOf(pool.execute('SELECT LENGTH(?)', [Buffer.alloc(20_000_000, 'x')]));
    expect(error).toMatchObject({ code: 'ER_NET_PACKET_TOO_LARGE' });
    expect(retried).toEqual([]);
  });
});

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import type { ResilienceOptions, RetryEvent } from '../../src/index.ts';
import { later } from '../contract/outcome.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

/** More than the kernels between here and the server take, and less than `max_allowed_packet`. */
const length = 14_000_000;

describe('a statement that is longer than what the kernel takes', unhurried, () => {
  const stage = useStage('long');

  const open = (policy: ResilienceOptions, options: object): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...options, connectionLimit: 1 }), { minTimeout: 0, ...policy }));
  const insert = (pool: Pool, id: number) =>
    pool.query(`INSERT /* ${'x'.repeat(length)} */ INTO stage_rows (id) VALUES (?)`, [id]);

  test('is not taken for lost on a slow way, though its thread sleeps until all of it has come', async () => {
    const retries: RetryEvent[] = [];
    const onRetry = (event: RetryEvent) => retries.push(event);
    const pool = open({ watch: { after: 1_500, timeout: 5_000 }, onRetry }, stage.routed());
    await pool.query('SELECT 1');
    const { router } = stage;
    const before = router.bytesC2s;
    router.pace(2_000);
    const written = later(insert(pool, 1));
    // The rest is in the kernel, of which nobody here can see how fast it goes.
    await expect.poll(() => router.bytesC2s - before, patient).toBeGreaterThan(length - 6_000_000);
    router.pace(Number.POSITIVE_INFINITY);
    await written;
    expect(retries).toEqual([]);
    expect(await stage.rows()).toEqual([1]);
  });

  test('is sent again where it was cut short by a peer that has said its last, and would have read on', async () => {
    const { host, port } = stage.server;
    let connections = 0;
    let readOn: (() => void) | undefined;
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      connections += 1;
      const isFirst = connections === 1;
      const server = connect({ host, port, allowHalfOpen: true });
      let bytes = 0;
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
      client.on('end', () => server.end());
      server.on('data', (chunk) => void (client.writableEnded || client.write(chunk)));
      server.on('end', () => client.end());
      client.on('data', (chunk) => {
        server.write(chunk);
        bytes += chunk.length;
        if (!isFirst || bytes < 100_000) return;
        bytes = Number.NEGATIVE_INFINITY;
        client.pause();
        client.end();
        readOn = () => client.resume();
      });
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    stage.after(async () => void listener.close());
    const reasons: string[] = [];
    const onRetry = ({ failure }: RetryEvent) => reasons.push(failure.reason.split('; ')[1] ?? '');
    const pool = open(
      { onRetry, killLostSessions: false },
      { ...stage.direct(), port: (listener.address() as AddressInfo).port },
    );
    const written = later(insert(pool, 1));
    await expect.poll(() => reasons, patient).toEqual(['the end of it never left this process']);
    readOn?.();
    await written;
    // Nothing of the first one is under way any more.
    await expect.poll(() => stage.server.threads(), patient).toHaveLength(1);
    expect(await stage.rows()).toEqual([1]);
    // One of them is there to ask how long a statement may be.
    expect(connections).toBe(3);
  });
});

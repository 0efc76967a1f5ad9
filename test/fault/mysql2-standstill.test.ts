import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import type { ResilienceOptions } from '../../src/index.ts';
import { later } from '../contract/outcome.ts';
import { blockEventLoop } from '../support/block-event-loop.ts';
import { unhurried, useStage } from '../support/stage.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a process that stood still', unhurried, () => {
  const stage = useStage('standstill');

  const open = (policy: ResilienceOptions, tls: boolean): Resilient<Pool> => {
    const ca = stage.server.tls?.ca;
    const ssl = tls && ca !== undefined ? { ssl: { ca } } : {};
    return stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 2, ...ssl }), policy));
  };

  test.each([
    { over: 'plain TCP', tls: false },
    { over: 'TLS', tls: true },
  ])('takes an answer that came meanwhile for an answer, and not for a timeout, over $over', async ({ tls }) => {
    const pool = open({ attemptTimeout: 200 }, tls);
    await pool.query('SELECT 1');
    for (let id = 1; id <= 5; id += 1) {
      const written = later(pool.query('INSERT INTO stage_rows (id) VALUES (?)', [id]));
      await turn();
      blockEventLoop(450);
      await written;
    }
    expect(await stage.rows()).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes on with a handshake that stood still with it', async () => {
    const pool = open({ maxRetryTime: 200 }, false);
    const answers = Array.from({ length: 6 }, () => later(pool.query('SELECT id FROM stage_rows')));
    await turn();
    blockEventLoop(450);
    for (const answer of answers) expect((await answer)[0]).toEqual([]);
  });
});

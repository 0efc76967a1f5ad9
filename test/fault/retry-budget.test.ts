import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { FailureKind, ResilienceOptions } from '../../src/index.ts';
import { unhurried, useStage } from '../support/stage.ts';

const size = { capacity: 3, refillPerSecond: 0, refundPerSuccess: 0 } as const;
const fast = { minTimeout: 0, maxTimeout: 0, lossRetries: 100 } as const;

describe('a pool that meets both conflicts and losses', unhurried, () => {
  const stage = useStage('budget');

  /** A pool with room for three retries of each kind that cost a whole token, and what its calls were retried for. */
  function open(more: ResilienceOptions = {}) {
    const retried: FailureKind[] = [];
    const onRetry: ResilienceOptions['onRetry'] = ({ failure }) => void retried.push(failure.kind);
    const bare = createPool({ ...stage.proxied(), connectionLimit: 8 });
    const pool = stage.closing(withResilience(bare, { ...fast, budget: size, onRetry, ...more }));
    return { pool, retried };
  }

  /** Two transactions that lock two rows in opposite order, each after the other has its first. */
  async function meetInDeadlock(pool: Pool): Promise<void> {
    const arrivals = [arrival(), arrival()] as const;
    const lockBoth = (own: 0 | 1) =>
      transaction(
        pool,
        async (connection) => {
          await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = ?', [own]);
          arrivals[own].come();
          await arrivals[own === 0 ? 1 : 0].came;
          await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = ?', [1 - own]);
        },
        { rerun: true },
      );
    await Promise.all([lockBoth(0), lockBoth(1)]);
  }

  async function readAfterLoss(pool: Pool): Promise<void> {
    await pool.query('SELECT 1');
    const stop = stage.proxy.onClientData((chunk) => {
      if (!chunk.includes('stage_rows')) return 'forward';
      stop();
      stage.proxy.resetAll();
      return 'swallow';
    });
    await pool.query('SELECT id FROM stage_rows');
  }

  async function spend(count: number, once: () => Promise<void>): Promise<void> {
    for (let spent = 0; spent < count; spent += 1) await once();
  }

  test('retries after each of many deadlocks, and a read that is lost after them', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (0, 0), (1, 0)');
    const { pool, retried } = open();
    await spend(20, () => meetInDeadlock(pool));
    expect(retried).toEqual(Array(20).fill('deadlock'));
    expect(await stage.server.admin('SELECT writes FROM stage_keyed')).toEqual([{ writes: 40 }, { writes: 40 }]);
    await readAfterLoss(pool);
    expect(retried.slice(20)).toEqual(['connection-lost']);
  });

  test('reruns the loser of a deadlock when losses have used up what was meant for them', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (0, 0), (1, 0)');
    const { pool, retried } = open();
    await spend(size.capacity, () => readAfterLoss(pool));
    await expect(readAfterLoss(pool)).rejects.toThrow(/budget for retries after losses is spent/);
    expect(retried).toEqual(Array(size.capacity).fill('connection-lost'));
    await meetInDeadlock(pool);
    expect(retried.slice(size.capacity)).toEqual(['deadlock']);
  });

  test('still bears with a lost connection when waits for a lock that stays held have used up theirs', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0)');
    const { pool, retried } = open();
    const unlock = await stage.lockKeyed(1);
    const wait = () => transaction(pool, impatientUpdate, { rerun: true });
    await expect(wait()).rejects.toThrow(/budget for retries after conflicts with other work is spent/);
    expect(retried).toEqual(Array(size.capacity).fill('lock-wait'));
    await readAfterLoss(pool);
    expect(retried.slice(size.capacity)).toEqual(['connection-lost']);
    await unlock();
  });

  test('commits each job of a queue once, though many workers take from it at a time', async () => {
    await stage.server.admin(
      'CREATE TABLE IF NOT EXISTS stage_jobs (id INT AUTO_INCREMENT PRIMARY KEY, state VARCHAR(8), KEY (state))',
    );
    stage.after(() => stage.server.admin('DROP TABLE stage_jobs'));
    const { pool, retried } = open({
      retries: 100,
      minTimeout: 50,
      maxTimeout: 2_000,
      budget: { capacity: 5, refillPerSecond: 0 },
    });
    const deadlocks = () => retried.filter((kind) => kind === 'deadlock').length;
    let jobs = 0;
    // A server that is quick, and a pool that is, meet fewer of them.
    while (deadlocks() <= 5 && jobs < 4_000) {
      jobs += 200;
      await Promise.all(Array.from({ length: 8 }, (_, worker) => spend(25, () => work(pool, worker))));
    }
    expect(deadlocks()).toBeGreaterThan(5);
    expect(await stage.rows()).toHaveLength(jobs);
    await readAfterLoss(pool);
    expect(retried.at(-1)).toBe('connection-lost');
  });
});

function arrival(): { readonly came: Promise<void>; readonly come: () => void } {
  let come: () => void = () => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came, come };
}

async function impatientUpdate(connection: Pick<Pool, 'query'>): Promise<void> {
  await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
  await connection.query('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
}

/** Queues a job and takes one, as workers do; the index on `state` is where they meet. */
function work(pool: Pool, worker: number): Promise<void> {
  return transaction(
    pool,
    async (connection) => {
      await connection.query("INSERT INTO stage_jobs (state) VALUES ('new')");
      await connection.query("UPDATE stage_jobs SET state = 'taken' WHERE state = 'new' ORDER BY id LIMIT 1");
      await connection.query("DELETE FROM stage_jobs WHERE state = 'taken' LIMIT 1");
      await connection.query('INSERT INTO stage_rows (id) VALUES (?)', [worker]);
    },
    { rerun: true },
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolConnection } from 'mysql2/promise';

/** Milliseconds. Most people's ping has no limit at all; this is the careful kind. */
const pingTimeout = 1_000;

/** "Test on borrow": a pool that pings every connection before it hands it out, and takes another one if there is no answer. */
export function pingOnCheckout(pool: Pool): Pool {
  const getConnection = () => checkedConnection(pool);
  const once = (method: 'query' | 'execute') => async (sql: string, values: never) => {
    const connection = await getConnection();
    try {
      return method === 'query' ? await connection.query(sql, values) : await connection.execute(sql, values);
    } finally {
      connection.release();
    }
  };
  const own: Readonly<Record<PropertyKey, unknown>> = { getConnection, query: once('query'), execute: once('execute') };
  return new Proxy(pool, {
    get: (target, key) => (Object.hasOwn(own, key) ? own[key] : Reflect.get(target, key, target)),
  });
}

async function checkedConnection(pool: Pool): Promise<PoolConnection> {
  for (;;) {
    const connection = await pool.getConnection();
    if (await answersPing(connection)) return connection;
    connection.destroy();
  }
}

async function answersPing(connection: PoolConnection): Promise<boolean> {
  const timer = new AbortController();
  try {
    const answered = connection.ping().then(
      () => true,
      () => false,
    );
    const tooLate = delay(pingTimeout, false, { signal: timer.signal }).catch(() => false);
    return await Promise.race([answered, tooLate]);
  } finally {
    timer.abort();
  }
}

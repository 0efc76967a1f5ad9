import type { Pool, PoolConnection } from 'mysql2/promise';

/** What is asked on a connection before it is handed out. */
export type Check = (connection: PoolConnection) => Promise<unknown>;

export const ping: Check = (connection) => connection.ping();
export const selectOne: Check = (connection) => connection.query('SELECT 1');

/** "Test on borrow" at its cheapest: a connection that fails the check is one error, and nothing limits how long it takes. */
export function checkedPool(pool: Pool, check: Check): Pool {
  const getConnection = async () => {
    const connection = await pool.getConnection();
    try {
      await check(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  };
  const query = async (sql: never, values: never) => {
    const connection = await getConnection();
    try {
      return await connection.query(sql, values);
    } finally {
      connection.release();
    }
  };
  const own: Readonly<Record<PropertyKey, unknown>> = { getConnection, query };
  return new Proxy(pool, {
    get: (target, key) => (Object.hasOwn(own, key) ? own[key] : Reflect.get(target, key, target)),
  });
}

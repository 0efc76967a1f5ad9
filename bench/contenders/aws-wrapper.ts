import { type OpenContender, poolSize, type Target } from './contender.ts';
import { sqlCalls, type Transact } from './sql-calls.ts';

/**
 * It keeps one pool for a server and a user, so that the contenders that it makes here share theirs. They take turns, so neither meets the
 * other's statements.
 *
 * @param plugins their codes; without it, the defaults
 */
export async function openAwsWrapper(target: Target, plugins?: string): Promise<OpenContender> {
  const { AwsPoolConfig, PluginManager } = await import('aws-advanced-nodejs-wrapper');
  const { AwsMySQLPoolClient } = await import('aws-advanced-nodejs-wrapper/mysql');
  const config = { ...target, ...(plugins === undefined ? {} : { plugins }) };
  const limits = new AwsPoolConfig({ maxConnections: poolSize, maxIdleConnections: poolSize });
  const pool = new AwsMySQLPoolClient(config, limits);
  const transact: Transact = async (work) => {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      await work((sql, values) => connection.query(sql, values));
      await connection.commit();
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      await pool.releaseConnection(connection);
    }
  };
  return {
    calls: sqlCalls((sql, values) => pool.query(sql, values), transact),
    close: async () => {
      await pool.end();
      // The monitors of its plugins would keep the process alive.
      await PluginManager.releaseResources();
    },
  };
}

import { type OpenContender, poolSize, type Target } from './contender.ts';
import { sqlCalls, type Transact } from './sql-calls.ts';

export async function openMariadb(target: Target): Promise<OpenContender> {
  const { createPool } = await import('mariadb');
  const pool = createPool({
    ...target,
    connectionLimit: poolSize,
    // Accounts of MySQL have caching_sha2_password, which asks for it where there is no TLS.
    allowPublicKeyRetrieval: true,
  });
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
      await connection.release();
    }
  };
  return { calls: sqlCalls((sql, values) => pool.query(sql, values), transact), close: () => pool.end() };
}

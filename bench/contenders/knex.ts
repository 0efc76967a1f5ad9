import { type OpenContender, poolSize, type Target } from './contender.ts';
import { sqlCalls } from './sql-calls.ts';

/** Its raw statements: what it does besides building SQL, which the others here do not do. */
export async function openKnex(target: Target): Promise<OpenContender> {
  const { default: knex } = await import('knex');
  const db = knex({ client: 'mysql2', connection: { ...target }, pool: { min: 0, max: poolSize } });
  return {
    calls: sqlCalls(
      (sql, values) => db.raw(sql, values),
      (work) => db.transaction((trx) => work((sql, values) => trx.raw(sql, values))),
    ),
    close: () => db.destroy(),
  };
}

import { transaction, withResilience } from 'gone-away/mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import pRetry from 'p-retry';
import { openAwsWrapper } from './aws-wrapper.ts';
import { checkedPool, ping, selectOne } from './checked-pool.ts';
import { type OpenContender, poolSize, type Recipes, type Target } from './contender.ts';
import { openKnex } from './knex.ts';
import { openMariadb } from './mariadb.ts';
import { type Query, sqlCalls, type Transact } from './sql-calls.ts';

export const mysql2Recipes: Recipes<'mysql2'> = {
  bare: async (target) => contenderOn(open(target)),
  ping: async (target) => contenderOn(checkedPool(open(target), ping)),
  'select-1': async (target) => contenderOn(checkedPool(open(target), selectOne)),
  'p-retry': openWithRetry,
  'gone-away': openGoneAway,
  'aws-wrapper': (target) => openAwsWrapper(target),
  'aws-wrapper-no-plugins': (target) => openAwsWrapper(target, ''),
  knex: openKnex,
  mariadb: openMariadb,
};

function open(target: Target): Pool {
  return createPool({ ...target, connectionLimit: poolSize });
}

function contenderOn(pool: Pool): OpenContender {
  return { calls: sqlCalls(queryOn(pool), transactOn(pool)), close: () => pool.end() };
}

function queryOn(pool: Pool): Query {
  return (sql, values) => pool.query(sql, values);
}

function transactOn(pool: Pool): Transact {
  return async (work) => {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      await work((sql, values) => connection.query(sql, values));
      await connection.commit();
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
  };
}

/** A statement, or a transaction as a whole. */
async function openWithRetry(target: Target): Promise<OpenContender> {
  const pool = open(target);
  const [query, transact] = [queryOn(pool), transactOn(pool)];
  const retried = <T>(work: () => PromiseLike<T>) => pRetry(work, { retries: 10 });
  const calls = sqlCalls(
    (sql, values) => retried(() => query(sql, values)),
    (work) => retried(() => transact(work)),
  );
  return { calls, close: () => pool.end() };
}

async function openGoneAway(target: Target): Promise<OpenContender> {
  const pool = withResilience(open(target));
  const transact: Transact = (work) =>
    transaction(pool, (connection) => work((sql, values) => connection.query(sql, values)));
  return { calls: sqlCalls((sql, values) => pool.query(sql, values), transact), close: () => pool.end() };
}

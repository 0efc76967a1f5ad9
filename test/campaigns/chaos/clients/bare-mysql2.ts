import type { Pool, PoolConnection } from 'mysql2/promise';
import type { Work } from '../work.ts';
import { loneOn, performPlain, senderOn } from './mysql2.ts';
import { perform } from './perform.ts';
import type { Transact } from './unruly.ts';

export interface BarePools {
  readonly pool: Pool;
  readonly slowlyMade: Pool;
  readonly uncommitted: Pool;
  readonly database: string;
}

/** Runs one call of those that are unruly or change sessions with mysql2 alone, in transactions as everybody writes them. */
export async function performWithBareMysql2(
  { pool, slowlyMade, uncommitted, database }: BarePools,
  work: Work,
): Promise<unknown> {
  return perform(
    {
      plain: (plainWork) => performPlain(pool, plainWork),
      transact: transactOn(pool, work),
      sessions: {
        ...loneOn(pool),
        database,
        hold: () => pool.getConnection(),
        slowlyMade: loneOn(slowlyMade),
        uncommitted: loneOn(uncommitted),
      },
    },
    work,
    undefined,
  );
}

function transactOn(pool: Pool, work: Work): Transact {
  return async (callback) => {
    const connection: PoolConnection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      const result = await callback(senderOn(connection, work));
      await connection.commit();
      return result;
    } catch (error) {
      await connection.rollback().catch(() => {});
      throw error;
    } finally {
      connection.release();
    }
  };
}

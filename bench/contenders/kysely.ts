import { withResilience } from 'gone-away/mysql2';
import { type Generated, Kysely, MysqlDialect, sql } from 'kysely';
import { createPool, type Pool } from 'mysql2';
import { idOf, pageLength, pageOf } from '../data.ts';
import { type OpenContender, poolSize, type Recipes, type Target } from './contender.ts';

interface Tables {
  items: { id: number; value: number };
  accounts: { id: number; balance: number };
  operations: { id: Generated<number>; op_id: number; to_account: number; amount: number };
}

const open = (target: Target) => createPool({ ...target, connectionLimit: poolSize });

export const kyselyRecipes: Recipes<'kysely'> = {
  bare: async (target) => contenderOn(open(target)),
  'gone-away': async (target) => contenderOn(withResilience(open(target))),
};

function contenderOn(pool: Pool): OpenContender {
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  const insert = (via: Pick<typeof db, 'insertInto'>, call: number) =>
    via
      .insertInto('operations')
      .values({ op_id: call, to_account: idOf(call), amount: 1 })
      .execute();
  return {
    calls: {
      ping: () => sql`SELECT 1`.execute(db),
      point: (call) => db.selectFrom('items').selectAll().where('id', '=', idOf(call)).execute(),
      rows: (call) =>
        db
          .selectFrom('items')
          .selectAll()
          .where('id', '>=', pageOf(call))
          .where('id', '<', pageOf(call) + pageLength)
          .execute(),
      insert: (call) => insert(db, call),
      transaction: (call) =>
        db.transaction().execute(async (tx) => {
          const id = idOf(call);
          await tx.selectFrom('accounts').selectAll().where('id', '=', id).execute();
          await tx
            .updateTable('accounts')
            .set((row) => ({ balance: row('balance', '+', 1) }))
            .where('id', '=', id)
            .execute();
          await insert(tx, call);
        }),
    },
    close: () => db.destroy(),
  };
}

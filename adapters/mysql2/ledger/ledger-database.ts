import { attachEvidence, neverAcquired, stuckAfter } from '../../../src/internal.ts';
import { querySimply } from '../control/process-list.ts';
import { destroyConnection } from '../driver/connection.ts';
import { databaseOf, openControlConnection } from '../driver/pool.ts';
import type { PoolCore } from '../pool/pool-core.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { bounded } from '../wait/bounded.ts';
import { refusal, tryAgain } from './ledger-error.ts';

/** What servers have said of pools whose options name no database. */
const asked = new WeakMap<PoolCore, string>();

/**
 * The database that the ledger of this pool is in, whatever a USE has made of the session at hand. Asks the server once per pool, on a
 * connection of its own, where the options of the pool name none.
 *
 * @param table where it has a database in front, that is the one
 * @param deadline on the pool's monotonic clock
 * @returns undefined where `table` names it
 * @throws LedgerError when there is none; what connecting or asking failed with
 */
export async function ledgerDatabase(use: PoolUse, table: string, deadline: number): Promise<string | undefined> {
  if (table.includes('.')) return undefined;
  const { core } = use;
  const known = databaseOf(core.pool) || asked.get(core);
  if (known !== undefined) return known;
  const found = await askDatabase(use, deadline);
  if (found === null) {
    throw refusal(
      `The connections of this pool have no database of their own, so nothing says which ledger table \`${table}\` is meant. Nothing was executed. Name a database in the options of the pool, or in the policy, as in \`ledgerTable: 'shop.${table}'\`.`,
    );
  }
  asked.set(core, found);
  return found;
}

async function askDatabase({ core, policy }: PoolUse, deadline: number): Promise<string | null> {
  const { now } = core.environment;
  const connection = openControlConnection(core.pool, undefined);
  try {
    const rows = await bounded<unknown>(
      {
        until: Math.min(deadline, now() + stuckAfter(policy)),
        now,
        signal: policy.signal,
        timedOut: () => tryAgain('The server did not say in time which database the ledger is in'),
      },
      ({ resolve, reject }) => {
        querySimply(connection, 'SELECT DATABASE() AS name').then(resolve, reject);
      },
    );
    const name = (rows as readonly { name: unknown }[])[0]?.name;
    return typeof name === 'string' ? name : null;
  } catch (error) {
    attachEvidence(error, neverAcquired);
    throw error;
  } finally {
    destroyConnection(connection);
  }
}

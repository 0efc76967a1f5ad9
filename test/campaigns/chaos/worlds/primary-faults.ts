import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicationPair } from '../../../support/cluster/replication.ts';
import { withConnection } from '../../../support/server/server-admin.ts';
import { killConnections } from '../../../support/server/server-faults.ts';
import type { Fault } from '../world.ts';

/** What can happen to a primary that stays one. */
export function faultsOfPrimary(pair: ReplicationPair): readonly Fault[] {
  return [
    {
      name: 'SIGSTOP of the primary',
      lasts: 3_000,
      async run(random) {
        await pair.primary.freeze();
        await delay(1_500 + 2_000 * random());
        await pair.primary.thaw();
      },
    },
    {
      name: 'KILL',
      lasts: 500,
      run: () => withConnection(pair.primary.connectionOptions('root'), (root) => killConnections(root, 'all')),
    },
  ];
}

import { noteConnection, type QueryCommand } from '../driver/query-command.ts';
import type { Lease, StatementLimits } from './lease.ts';
import type { PoolUse } from './pool-use.ts';
import { runStatement } from './run-statement.ts';

/**
 * Runs a statement whose rows its caller reads from the events of `query`, as often as the policy and the evidence allow until the first of them is handed on. Its
 * stream ends with an error when the connection is lost: mysql2's own would hang.
 *
 * @throws what {@link runStatement} throws
 */
export async function relayQuery(use: PoolUse, sql: unknown, values: unknown, query: QueryCommand): Promise<void> {
  const handedOver = { yet: false };
  await runStatement(
    use,
    sql,
    async (lease) => {
      noteConnection(query, lease.connection);
      try {
        await relayEvents(lease, sql, values, use.policy, query, handedOver);
      } finally {
        // From here on it is somebody else's, and not for this stream to pause.
        noteConnection(query, undefined);
      }
    },
    (lease) => lease.release(),
    () => handedOver.yet,
  );
}

function relayEvents(
  lease: Lease,
  sql: unknown,
  values: unknown,
  limits: StatementLimits,
  query: QueryCommand,
  handedOver: { yet: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    /** What comes before the first row can be had again. */
    let fields: unknown[][] = [];
    let stopWatching = () => {};
    let hasEnded = false;
    const end = (error?: unknown): void => {
      if (hasEnded) return;
      hasEnded = true;
      stopWatching();
      if (error === undefined) {
        flush();
        resolve();
      } else {
        reject(error);
      }
    };
    const flush = (): void => {
      handedOver.yet = true;
      for (const told of fields.splice(0)) query.emit('fields', ...told);
    };
    const command = lease.stream(sql, values, end);
    if (typeof command.sql === 'string') query.sql = command.sql;
    const on = (event: string, listener: (...told: unknown[]) => void) => command.on(event, listener as never);
    on('fields', (...told) => {
      if (hasEnded) return;
      if (handedOver.yet) query.emit('fields', ...told);
      else fields = [...fields, told];
    });
    on('result', (...told) => {
      if (hasEnded) return;
      stopWatching();
      flush();
      query.emit('result', ...told);
    });
    on('error', end);
    on('end', () => end());
    stopWatching = lease.abandonWhen(limits, () => command, end);
  });
}

import { noteConnection, type QueryCommand } from '../driver/query-command.ts';
import { isRow } from '../driver/result-end.ts';
import { sqlAsCalled, valuesAsCalled } from './as-called.ts';
import type { Lease, StatementLimits } from './lease.ts';
import type { PoolUse } from './pool-use.ts';
import { runStatement } from './run-statement.ts';

type Told = readonly [event: 'fields' | 'result', ...values: unknown[]];

/** What an attempt has been told, until the caller may hear of it: rows at once, what a write says of itself when it is durable. */
class Relay {
  readonly #query: QueryCommand;
  #kept: Told[] = [];
  handedOver = false;

  constructor(query: QueryCommand) {
    this.#query = query;
  }

  beginAttempt(): void {
    this.#kept = [];
  }

  tell(told: Told, isFinal: boolean): void {
    this.#kept.push(told);
    if (isFinal || this.handedOver) this.flush();
  }

  flush(): void {
    this.handedOver = true;
    for (const told of this.#kept.splice(0)) this.#query.emit(...told);
  }
}

/**
 * Runs a statement whose rows its caller reads from the events of `query`, as often as the policy and the evidence allow until the first of them is handed on. Its
 * stream ends with an error when the connection is lost: mysql2's own would hang.
 *
 * @throws what {@link runStatement} throws
 */
export async function relayQuery(
  use: PoolUse,
  given: unknown,
  parameters: unknown,
  query: QueryCommand,
): Promise<void> {
  const sql = sqlAsCalled(given);
  const values = valuesAsCalled(parameters);
  const relay = new Relay(query);
  await runStatement(
    use,
    sql,
    async (lease, toSend) => {
      noteConnection(query, lease.connection);
      relay.beginAttempt();
      try {
        await relayEvents(lease, toSend, values, use.policy, query, relay);
      } finally {
        // From here on it is somebody else's, and not for this stream to pause.
        noteConnection(query, undefined);
      }
    },
    (lease) => lease.release(),
    () => relay.handedOver,
  );
  relay.flush();
}

function relayEvents(
  lease: Lease,
  sql: unknown,
  values: unknown,
  limits: StatementLimits,
  query: QueryCommand,
  relay: Relay,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopWatching = () => {};
    let hasEnded = false;
    const end = (error?: unknown): void => {
      if (hasEnded) return;
      hasEnded = true;
      stopWatching();
      if (error === undefined) resolve();
      else reject(error);
    };
    const watch = (watched: StatementLimits): void => {
      stopWatching();
      stopWatching = lease.abandonWhen(watched, () => command, end);
    };
    const command = lease.stream(sql, values, end);
    if (typeof command.sql === 'string') query.sql = command.sql;
    let hasAnswered = false;
    const relayed = (event: 'fields' | 'result') =>
      command.on(event, ((...told: unknown[]) => {
        if (hasEnded) return;
        // From its first answer on, only the signal ends it: how slowly rows are read is the caller's.
        if (!hasAnswered && limits.attemptTimeout !== undefined) watch({ ...limits, attemptTimeout: undefined });
        hasAnswered = true;
        relay.tell([event, ...told], event === 'result' && isRow(command));
      }) as never);
    relayed('fields');
    relayed('result');
    command.on('error', end);
    command.on('end', () => end());
    if (!hasEnded) watch(limits);
  });
}

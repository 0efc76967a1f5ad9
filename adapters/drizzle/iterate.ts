import { fillPlaceholders } from 'drizzle-orm';
import { abortReasonOr } from '../../src/internal.ts';
import type { LeaseClient } from '../mysql2/binding.ts';
import { ResilientClient, runStatement, streamRows } from '../mysql2/binding.ts';
import { type DrizzlePreparedQuery, mapRow, statementOf } from './drizzle-internals.ts';

/**
 * The rows of a prepared query, one at a time. Retried only until the first row is there: what the caller has seen cannot be taken
 * back. Leaves no connection behind, however it ends.
 */
export async function* iterate(
  client: ResilientClient | LeaseClient,
  prepared: DrizzlePreparedQuery,
  placeholderValues: Record<string, unknown> = {},
): AsyncGenerator<unknown> {
  const params = fillPlaceholders(prepared.params, placeholderValues);
  const { sql, sqlText } = statementOf(prepared);
  prepared.logger.logQuery(sqlText, params);
  const rows = client instanceof ResilientClient ? await openRows(client, sql, params) : client.stream(sql, params);
  try {
    for await (const row of rows) yield mapRow(prepared, row);
  } catch (error) {
    throw abortReasonOr(error, client.policy.signal);
  }
}

/** Sends the statement until its first row is there, or the end of an empty result. */
function openRows(client: ResilientClient, sql: unknown, params: unknown): Promise<AsyncIterable<unknown>> {
  return runStatement(client, sql, async (lease) => {
    const rows = streamRows(lease, sql, params, client.policy, 'own-lease');
    return startingWith(await rows.next(), rows);
  });
}

async function* startingWith(
  first: IteratorResult<unknown, void>,
  rest: AsyncGenerator<unknown, void, void>,
): AsyncGenerator<unknown, void, void> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

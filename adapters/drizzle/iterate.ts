import { fillPlaceholders } from 'drizzle-orm';
import { abortReasonOr } from '../../src/internal.ts';
import type { LeaseClient } from '../mysql2/binding.ts';
import { openRows, ResilientClient, runStatement } from '../mysql2/binding.ts';
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
  const rows =
    client instanceof ResilientClient
      ? await runStatement(client, sql, (lease, toSend) => openRows(lease, toSend, params, client.policy, 'own-lease'))
      : client.stream(sql, params);
  try {
    for await (const row of rows) yield mapRow(prepared, row);
  } catch (error) {
    throw abortReasonOr(error, client.policy.signal);
  }
}

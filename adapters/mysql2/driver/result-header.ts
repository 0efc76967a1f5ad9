/** What mysql2 hands to its caller of the status behind a result without rows. Documented, so it can be read where packets cannot. */
export interface HeaderStatus {
  /** SERVER_STATUS_IN_TRANS */
  readonly inTransaction: boolean;
  /** SERVER_STATUS_AUTOCOMMIT */
  readonly autocommit: boolean;
}

/**
 * The status that the server sent last with these results. Undefined where rows came last: of those mysql2 keeps none.
 *
 * @param fields as mysql2 hands them over: none for a result without rows, one entry for each of several results
 */
export function readHeaderStatus(results: unknown, fields: unknown): HeaderStatus | undefined {
  const hasSeveral =
    Array.isArray(results) && Array.isArray(fields) && fields.length > 0 && fields.at(-1) === undefined;
  const last: unknown = hasSeveral ? results.at(-1) : results;
  if (typeof last !== 'object' || last === null || Array.isArray(last)) return undefined;
  const { serverStatus } = last as { readonly serverStatus?: unknown };
  if (typeof serverStatus !== 'number') return undefined;
  return { inTransaction: (serverStatus & 1) !== 0, autocommit: (serverStatus & 2) !== 0 };
}

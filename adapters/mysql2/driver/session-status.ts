import type { Connection } from 'mysql2';
import type { ConnectionInternals } from './internals.ts';

/** What an OK packet says of the session. Source: MySQL, "Protocol basics", status flags. */
export interface SessionStatus {
  /** SERVER_STATUS_IN_TRANS */
  readonly inTransaction: boolean;
  /** SERVER_STATUS_AUTOCOMMIT */
  readonly autocommit: boolean;
}

/** The session after this result, by its last OK packet; undefined where there was none, as after a SELECT. */
export function sessionStatusOf(rows: unknown): SessionStatus | undefined {
  const last: unknown = Array.isArray(rows) ? rows.at(-1) : rows;
  // By name: a user's own row may have a column of that name, and mysql2 does not export the class.
  if (typeof last !== 'object' || last === null || last.constructor?.name !== 'ResultSetHeader') return undefined;
  const { serverStatus } = last as { serverStatus?: unknown };
  if (typeof serverStatus !== 'number') return undefined;
  return { inTransaction: (serverStatus & 1) !== 0, autocommit: (serverStatus & 2) !== 0 };
}

/** SERVER_STATUS_AUTOCOMMIT in the server's greeting; no, where this version of mysql2 does not tell. */
export function beganWithAutocommit(connection: Connection): boolean {
  const { statusFlags } = (connection as unknown as ConnectionInternals)._handshakePacket ?? {};
  return typeof statusFlags === 'number' && (statusFlags & 2) !== 0;
}

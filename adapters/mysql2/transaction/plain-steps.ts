import type { StatementResult } from '../pool/lease.ts';
import type { LeaseClient } from '../pool/lease-client.ts';
import type { EndSteps, TransactionSteps } from './run-transaction.ts';

/** How a transaction ends where no ORM speaks for it. */
export const plainEnd: EndSteps<LeaseClient> = {
  commit: (connection) => sendPlain(connection, 'COMMIT'),
  rollback: (connection) => sendPlain(connection, 'ROLLBACK'),
};

/** All steps of a transaction but for what is done in it. */
type Steps = Omit<TransactionSteps<LeaseClient, unknown>, 'body'>;

/** Where no ORM speaks for it. */
export const plainSteps: Steps = {
  ...plainEnd,
  open: (connection) => connection,
  begin: (connection) => sendPlain(connection, 'BEGIN'),
};

/** The same, each within mysql2's own `timeout`, in milliseconds. */
export function stepsWithin(timeout: number): Steps {
  const send = (sql: string) => (connection: LeaseClient) => connection.run('query', { sql, timeout }, undefined);
  return { open: (connection) => connection, begin: send('BEGIN'), commit: send('COMMIT'), rollback: send('ROLLBACK') };
}

/** The same for a transaction that is none of the user's. */
export const untracedSteps: Steps = {
  open: (connection) => connection,
  begin: (connection) => connection.run('untraced', 'BEGIN', undefined),
  commit: (connection) => connection.run('untraced', 'COMMIT', undefined),
  rollback: (connection) => connection.run('untraced', 'ROLLBACK', undefined),
};

/** Sends one text. */
export function sendPlain(connection: LeaseClient, sql: string): Promise<StatementResult> {
  return connection.run('query', sql, undefined);
}

import type { StatementLimits, StatementResult } from '../pool/lease.ts';
import type { EndSteps, TransactionSteps } from './run-transaction.ts';
import type { TransactionClient } from './transaction-client.ts';

/** How a transaction ends where no ORM speaks for it. */
export const plainEnd: EndSteps<TransactionClient> = {
  commit: (connection) => sendPlain(connection, 'COMMIT'),
  rollback: (connection) => sendPlain(connection, 'ROLLBACK'),
};

/** All steps of a transaction where no ORM speaks for it, but for what is done in it. */
export const plainSteps: Omit<TransactionSteps<TransactionClient, unknown>, 'body'> = {
  ...plainEnd,
  open: (connection) => connection,
  begin: (connection) => sendPlain(connection, 'BEGIN'),
};

/** Sends a statement of the transaction's own, which is none of the user's. */
export function sendPlain(
  connection: TransactionClient,
  sql: string,
  limits?: StatementLimits,
): Promise<StatementResult> {
  return connection.send('query', sql, undefined, limits);
}

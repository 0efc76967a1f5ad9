import { DriverAdapterError, payloadError } from './adapter-error.ts';

/** Prisma's `timeout` has ended the transaction, or nobody waited for the statement. Its connection may belong to somebody else by now. */
export function alreadyClosed(): Error {
  const message =
    'The transaction has ended: its `timeout` has passed, or nobody waited for this statement, which was not sent';
  return payloadError({
    kind: 'TransactionAlreadyClosed',
    cause: message,
    originalCode: 'N/A',
    originalMessage: message,
  });
}

/** A statement had no answer when its transaction was rolled back. */
export function stillRunning(error: unknown): Error {
  const originalMessage =
    'The transaction was rolled back while the statement had no answer; its connection was destroyed';
  return new DriverAdapterError({ kind: 'SocketTimeout', originalCode: 'N/A', originalMessage }, error);
}

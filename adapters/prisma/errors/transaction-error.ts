import { DriverAdapterError, payloadError } from './adapter-error.ts';

/** Somebody did not wait for a statement. Its connection may belong to somebody else by now. */
export function alreadyClosed(): Error {
  const message = 'The transaction has ended: a statement was sent in it that nobody waited for';
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

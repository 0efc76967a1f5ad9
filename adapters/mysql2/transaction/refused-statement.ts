const refused = new WeakSet<object>();

/**
 * The error of a statement that was called, or still waited, when its transaction had ended. It was not sent: it would have run in autocommit
 * mode, and stayed.
 *
 * @param endedBy what the server, or the loss of the connection, ended the transaction by; undefined where the callback is over
 */
export function refusedStatement(endedBy: { readonly error: unknown } | undefined): Error {
  return refusal('The transaction has ended: gone-away did not send this statement, which was called in it', endedBy);
}

/** The error of a reader that goes on when the rest of its rows was dropped, so that its transaction could end. */
export function droppedRows(endedBy: { readonly error: unknown } | undefined): Error {
  return refusal('The transaction has ended: gone-away dropped the rest of these rows, which nobody had read', endedBy);
}

function refusal(message: string, endedBy: { readonly error: unknown } | undefined): Error {
  const error = endedBy === undefined ? new Error(message) : new Error(message, { cause: endedBy.error });
  refused.add(error);
  return error;
}

/** Whether a statement failed because it was not sent any more. */
export function isRefusal(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && refused.has(error);
}

/** What ended the transaction, where the callback failed by a statement that was refused for that: the first error is the one to see. */
export function firstErrorBehind(thrown: unknown): unknown {
  return isRefusal(thrown) ? (thrown.cause ?? thrown) : thrown;
}

/** The error of a statement that was called while rows of the same transaction were being read, more of them than are kept for that. */
export function behindRows(): Error {
  return new Error(
    'This statement was called while your code reads rows of the same transaction, and more of them are left than gone-away keeps in memory: it was not sent. ' +
      'Read them to their end first, or leave the loop',
  );
}

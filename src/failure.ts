/**
 * The vocabulary that every other room speaks. This file imports nothing.
 */

/**
 * What became of the work of an attempt that failed.
 *
 * - `not-executed`: the server never began it. Sending it again cannot apply it twice.
 * - `rolled-back`: the server undid it. Running it again cannot apply it twice.
 * - `failed`: the server answered with an ordinary error (syntax, constraint, ...). There is nothing to recover from.
 * - `unknown`: it was sent and no full answer came; nobody on this side can know.
 */
export type Outcome = 'not-executed' | 'rolled-back' | 'failed' | 'unknown';

/**
 * What kind of trouble it was. For people and for metrics; decisions rest on {@link Failure.outcome}. Except for two, which end the work with their own error
 * whatever became of it: `limit` was set by your code, or by whoever runs the server; `client-side` is an error of your code that the driver had called, or of the driver
 * while it read a row.
 */
export type FailureKind =
  | 'connect'
  | 'acquire-timeout'
  | 'attempt-timeout'
  | 'aborted'
  | 'connection-lost'
  | 'protocol'
  | 'read-only'
  | 'not-ready'
  | 'shutdown'
  | 'killed'
  | 'overloaded'
  | 'deadlock'
  | 'lock-wait'
  | 'conflict'
  | 'stale-statement'
  | 'limit'
  | 'authentication'
  | 'closed'
  | 'client-side'
  | 'statement';

/**
 * What can no longer be trusted after a failure.
 *
 * - `nothing`: the connection is as good as before.
 * - `connection`: this connection is lost, and its siblings are suspect.
 * - `server`: the server as a whole went away or changed its role; every connection made before now is to be replaced.
 */
export type Invalidates = 'nothing' | 'connection' | 'server';

/**
 * How far a statement got, as the connection that carried it saw it.
 *
 * - `not-acquired`: there was no connection to send it on.
 * - `not-written`: not one byte of it was handed to the socket.
 * - `write-refused`: the kernel refused the very write that carried it, so that the server never had the whole packet.
 * - `cut-short`: the end of it had not left this process when its socket was closed, so that the server never had the whole packet either.
 * - `preparing`: only what precedes the user's own statements was in flight: BEGIN, SET or a ping.
 * - `prepared`: its text was written to be prepared. PREPARE executes nothing, but it may be what ends the connection.
 * - `written`: it may have reached the server.
 */
export type Progress =
  | 'not-acquired'
  | 'not-written'
  | 'write-refused'
  | 'cut-short'
  | 'preparing'
  | 'prepared'
  | 'written';

/** What a connection knows of a statement that failed on it. Travels with the error object; see `evidence.ts`. */
export interface Evidence {
  readonly progress: Progress;
  /** The statement ran in an open transaction that it could not itself have committed, so that losing the connection undoes it. */
  readonly rollsBack: boolean;
  /**
   * It is one statement, which the server applies as a whole or not at all. An error in the middle of several (a CALL, or a text with
   * more than one statement) says nothing of those before it.
   */
  readonly atomic: boolean;
  /** It is COMMIT. An error of the server that is in no table does not say that nothing was committed. */
  readonly commits: boolean;
  /** This side stopped waiting; the server may still be working on it. */
  readonly abandoned: boolean;
  /** What came before it in its transaction may have been committed, so that nothing is proven of the whole. Left out: not so. */
  readonly isPart?: boolean;
  /**
   * It was sent on its own: in no transaction, and on a session that others have used before. What that session is set to is not its doing.
   * Default false.
   */
  readonly alone?: boolean;
  /** The statement says itself how long it waits for a lock (NOWAIT, WAIT n). Default false. */
  readonly limitsLockWait?: boolean;
  /**
   * What failed is the caller's own code, which the driver had called: a `typeCast`, or the file for LOAD DATA LOCAL. The server does not know of that, and has
   * executed the statement, or will. Says whether that is a read, which nobody would notice. Left out: not so.
   */
  readonly clientSide?: 'in-read' | 'in-write';
}

/** Why a read was not sent again. Never carries a value of the statement. */
export interface UnsafeRead {
  /** In plain words, as the end of a sentence: "it calls price_of(), which is not known to be free of effects". */
  readonly why: string;
  /** The function that it calls, as `safeFunctions` would name it; undefined where it is something else. */
  readonly function?: string | undefined;
}

/** A classified failure. Never carries SQL parameters or row data. */
export interface Failure {
  readonly kind: FailureKind;
  readonly outcome: Outcome;
  /** Whether the same work may succeed later without anybody changing it. */
  readonly transient: boolean;
  readonly invalidates: Invalidates;
  /** Whether a transaction that was open on that connection is gone. */
  readonly endsTransaction: boolean;
  /** This side stopped waiting; the server may still be executing the statement. */
  readonly stillRunning: boolean;
  /** The driver's code, such as `ECONNRESET`, where it has one. */
  readonly code: string | undefined;
  /** The server's error number, such as `1213`, where it has one. */
  readonly errno: number | undefined;
  /** One sentence on what the classification rests on. */
  readonly reason: string;
  /** Of a statement that reads, and was not sent again because nothing proves that nobody would notice. Undefined for all else. */
  readonly unsafe?: UnsafeRead | undefined;
}

/** The unit of work that is retried as a whole, or not at all. */
export interface Operation {
  readonly kind: 'statement' | 'transaction';
  /** Marked by the user as harmless to apply more than once. */
  readonly idempotent: boolean;
  /** Asked only after a failure whose outcome is unknown: does sending it again change anything, keep anything locked, or depend on anything? */
  isSafeRead(): boolean;
  /** Why not, after {@link isSafeRead} has said no. Undefined for what does not read; left out: nothing is known. */
  whyUnsafe?(): UnsafeRead | undefined;
  /** Whether something was already handed to the caller (the first row of a stream, a transaction's callback that ran). */
  isHandedOver(): boolean;
  /** What a connection has made of this error already. Left out, or undefined: nothing that still holds, and the executor classifies it. */
  recallFailure?(error: unknown): Failure | undefined;
  /** What the operation knows of a failure beyond the error itself. Left out: nothing. */
  refineFailure?(failure: Failure, error: unknown): Failure;
}

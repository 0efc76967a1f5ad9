import type { PoolConnection } from 'mysql2';
import {
  AttemptTimeoutError,
  attachEvidence,
  type Environment,
  type EvictEvent,
  type Failure,
  failureOf,
  onAbort,
  type RetryPolicy,
  stuckAfter,
  timers,
  type WatchOptions,
} from '../../../src/internal.ts';
import type { Session } from '../control/session-identity.ts';
import type { Watched } from '../control/statement-watch.ts';
import { type DriverCommand, endedUntold, onCommandEnd, onCommandResult } from '../driver/command.ts';
import {
  bytesRead,
  cutConnection,
  destroyConnection,
  hasRunningCommand,
  isKnownDead,
  pendingCommands,
  probePath,
} from '../driver/connection.ts';
import { isRow } from '../driver/result-end.ts';
import { readHeaderStatus } from '../driver/result-header.ts';
import { queryUntraced } from '../driver/untraced-query.ts';
import type { Unanswered } from '../driver/wire.ts';
import { startFairTimer } from '../wait/fair-timer.ts';
import { Link } from '../wait/linked-list.ts';
import type { FirstFailure, Holder, PooledConnection } from './pooled-connection.ts';
import { keepResultBeside } from './result-beside.ts';
import { SentStatement } from './sent-statement.ts';
import type { SessionState, TransactionState } from './session-state.ts';
import { whenAnswered } from './when-answered.ts';

/** How a statement is sent: the two methods of mysql2, with its own argument forms; or, for one of this package's own, past those who trace the user's. */
export type StatementMethod = 'query' | 'execute' | 'untraced';

/** What ends a statement that has no answer. */
export interface StatementLimits {
  readonly attemptTimeout: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export type StatementResult = readonly [rows: unknown, fields: unknown];

type Settle = (error: unknown, rows?: unknown, fields?: unknown) => void;

type Send = (...values: readonly unknown[]) => DriverCommand | undefined;

/** What a lease needs of the pool that made it. */
export interface LeaseOwner {
  readonly environment: Pick<Environment, 'wallClock'>;
  began(lease: Lease): void;
  ended(lease: Lease): void;
  giveBackPermit(): void;
  evicted(reason: EvictEvent['reason'], connection: PooledConnection, policy: RetryPolicy): void;
}

/** One use of a pooled connection, from acquire to release. Keeps the first failure of that use. */
export class Lease extends Link implements Holder, Watched {
  readonly watchesCommands: boolean;
  readonly handedOutAt: number;
  /** Nothing of the transaction that is open on it can have been committed already, as far as the transaction has heard. */
  isWhole = true;
  /** A statement of the transaction has been sent, whose answer it has not heard yet. */
  awaitsAnswer = false;
  readonly #pooled: PooledConnection;
  readonly #owner: LeaseOwner;
  readonly #policy: RetryPolicy;
  #lastStatement: SentStatement | undefined;
  #onLost: ((error: unknown) => void) | undefined;
  #failures: WeakSet<object> | undefined;
  #permitHeld = true;
  #preparing = false;
  #ended = false;
  /** Given back, with commands under way that it waits for: calls that off. */
  #stopWaiting: (() => void) | undefined;

  /** @param watchesCommands the user gets the connection itself, so that its results do not pass through here */
  constructor(pooled: PooledConnection, owner: LeaseOwner, policy: RetryPolicy, watchesCommands: boolean) {
    super();
    this.watchesCommands = watchesCommands;
    this.handedOutAt = watchesCommands ? timers.now() : 0;
    this.#pooled = pooled;
    this.#owner = owner;
    this.#policy = policy;
    pooled.firstFailure = undefined;
    pooled.transactionEnd = undefined;
    pooled.holder = this;
    owner.began(this);
  }

  get connection(): PoolConnection {
    return this.#pooled.core;
  }

  get session(): Session {
    return this.#pooled.session;
  }

  get killsLostSessions(): boolean {
    return this.#policy.killLostSessions;
  }

  get watch(): WatchOptions | false {
    return this.#policy.watch;
  }

  get preparing(): boolean {
    return this.#preparing;
  }

  get isLost(): boolean {
    return this.#pooled.isLost;
  }

  /** The connection was given back, or destroyed; it may be somebody else's by now. */
  get hasEnded(): boolean {
    return this.#ended || this.#stopWaiting !== undefined;
  }

  /** What the server's session is in, as it has said. */
  get state(): SessionState {
    return this.#pooled.state;
  }

  /** What the server has said last; `unsure` after a failure that may have ended the transaction. */
  get transactionState(): TransactionState {
    return this.#pooled.transactionState;
  }

  /** What a statement locks here is free when it ends. */
  get commitsEachStatement(): boolean {
    return this.#pooled.commitsEachStatement;
  }

  get transactionEnd(): FirstFailure | undefined {
    return this.#pooled.transactionEnd;
  }

  get firstFailure(): FirstFailure | undefined {
    return this.#pooled.firstFailure;
  }

  /** When its first statement was sent, on the monotonic clock, in milliseconds; 0 where none was, or that is not known. */
  get sentAt(): number {
    return this.#pooled.firstWriteAt;
  }

  get lastStatement(): SentStatement | undefined {
    return this.#lastStatement;
  }

  /**
   * Sends one statement.
   *
   * @throws the driver's error, with evidence; AttemptTimeoutError; an error with code `ABORT_ERR` when the signal ended it in flight,
   *   and the signal's reason when it had aborted before anything was sent; an Error when the connection was given back already
   */
  run(method: StatementMethod, sql: unknown, values: unknown, limits: StatementLimits): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      if (this.hasEnded) throw afterTheEnd();
      limits.signal?.throwIfAborted();
      let stopWatching: (() => void) | undefined;
      let settled = false;
      const statement = this.#next();
      const settle: Settle = (failed, rows, fields) => {
        if (settled) return;
        settled = true;
        stopWatching?.();
        const error = failed ?? statement.unfitting(rows);
        if (failed) keepResultBeside(failed, rows, fields);
        if (error === undefined) {
          if (!this.watchesCommands) this.#pooled.proven();
          if (!this.#pooled.hearsAnswers) statement.status = readHeaderStatus(rows, fields);
          resolve([rows, fields]);
        } else {
          statement.failed = this.watchesCommands ? undefined : this.#pooled.failed(error, statement.command);
          // "Closed" is what every statement gets after the one thing that happened; that one is the error to report.
          if (statement.failed?.failure.kind === 'closed') reject(this.firstFailure?.error ?? error);
          else this.#tell(error, statement, limits.signal, reject);
        }
      };
      statement.command = sendBy(method, this.connection, sql, values, settle);
      // A closed connection answers before it returns.
      if (settled) return;
      if (statement.command !== undefined) {
        onCommandEnd(statement.command, () => {
          if (!settled) settle(this.firstFailure?.error ?? endedUntold());
        });
      }
      if (limits.attemptTimeout !== undefined || limits.signal !== undefined) {
        const abandoned = (error: unknown): void => {
          // What mysql2 tells of it from here on is the end of a connection that was destroyed for it.
          settled = true;
          reject(error);
        };
        stopWatching = this.abandonWhen(limits, () => statement.command, abandoned);
      }
    });
  }

  /** Does work that sends only what precedes the user's own statements: a connection that is lost meanwhile has executed nothing of theirs. */
  async prepare<T>(work: () => Promise<T>): Promise<T> {
    this.#preparing = true;
    try {
      return await work();
    } finally {
      this.#preparing = false;
    }
  }

  /**
   * Sends one statement whose rows are read from the command's events. mysql2 does not tell such a command that its connection was
   * lost; `fail` is told, with evidence.
   */
  stream(sql: unknown, values: unknown, fail: (error: unknown) => void): DriverCommand {
    if (this.hasEnded) throw afterTheEnd();
    const pooled = this.#pooled;
    const { connection } = this;
    const statement = this.#next();
    this.#onLost = (error) => {
      statement.failed = pooled.lostUnder(error, statement.command);
      this.#tell(error, statement, undefined, fail);
    };
    const send = connection.query as unknown as (sql: unknown, values?: unknown) => DriverCommand;
    const command = send.call(connection, sql, values);
    statement.command = command;
    if (!this.watchesCommands) {
      onCommandResult(command, (error, row) => {
        // That its connection was lost, is known already.
        if (error && statement.failed !== undefined) return undefined;
        const isHeader = !error && !isRow(command);
        const wrong = isHeader ? statement.unfitting(row) : undefined;
        if (wrong !== undefined) fail(wrong);
        const failed = error ?? wrong;
        if (failed === undefined) {
          pooled.proven();
          if (isHeader && !pooled.hearsAnswers) statement.status = readHeaderStatus(row, undefined);
        } else statement.failed = pooled.failed(failed, command);
        return undefined;
      });
    }
    return command;
  }

  /** A reader has taken a row that waited for it. */
  noteRowTaken(): void {
    this.#pooled.rowsTaken += 1;
  }

  /** Hands on what a statement failed with, or what is found out about that. */
  #tell(
    error: unknown,
    statement: SentStatement,
    signal: AbortSignal | undefined,
    tell: (error: unknown) => void,
  ): void {
    const { failed, command } = statement;
    const isRead = () => statement.judgeRead(false).isSafe;
    const better = failed === undefined ? undefined : this.#pooled.explainLoss(failed, command, isRead, signal);
    if (better === undefined) tell(error);
    else void better.then(tell);
  }

  #next(): SentStatement {
    this.#lastStatement = new SentStatement(this.connection, this.#policy.safeFunctions);
    return this.#lastStatement;
  }

  /** Destroys the connection when a limit is reached, and says so; returns what calls that off. */
  abandonWhen(
    { attemptTimeout, signal }: StatementLimits,
    command: () => DriverCommand | undefined,
    reject: (error: unknown) => void,
  ): () => void {
    const abandon = (error: (failure: Failure) => unknown, kind: 'attempt-timeout' | 'aborted', source: string) => {
      stop();
      const evidence = this.#pooled.abandon(command());
      const failure = failureOf({ proof: 'unknown', kind, invalidates: 'connection', source }, evidence);
      const reason = error(failure);
      attachEvidence(reason, evidence);
      this.#pooled.observe(reason, failure);
      this.destroy('abandoned');
      if (this.killsLostSessions) this.#pooled.stopThread(reason);
      reject(reason);
    };
    const onSignal = () =>
      abandon(
        () => Object.assign(new Error('The signal aborted while a statement was in flight'), { code: 'ABORT_ERR' }),
        'aborted',
        "the caller's signal ended the wait",
      );
    const onTimeout = () =>
      abandon(
        (failure) =>
          new AttemptTimeoutError(
            `No answer within ${attemptTimeout} ms (\`attemptTimeout\`); the connection was destroyed`,
            {
              failure,
              attempts: 1,
              elapsedMs: attemptTimeout ?? 0,
            },
          ),
        'attempt-timeout',
        '`attemptTimeout` passed without an answer',
      );
    const stopTimer = attemptTimeout === undefined ? undefined : startFairTimer(attemptTimeout, onTimeout);
    const stop = () => {
      stopTimer?.();
      stopListening?.();
    };
    const stopListening = signal && onAbort(signal, onSignal);
    return stop;
  }

  isWholeBefore(command: DriverCommand | undefined): boolean {
    if (!this.isWhole || !this.awaitsAnswer) return this.isWhole;
    const last = this.#lastStatement;
    // Its answer and the end of the connection were read in one go: mysql2 tells of the one in a later turn than of the other.
    const hasAnswer =
      last?.command !== command && !pendingCommands(this.connection).some((one) => one === last?.command);
    return !(hasAnswer && last?.mayCommit === true);
  }

  unanswered(): Unanswered | undefined {
    return this.#ended ? undefined : this.#pooled.unanswered();
  }

  probePath(idle: number): void {
    probePath(this.connection, idle);
  }

  /** The connection is dead, though nothing said so: whatever waits on it ends with this error. */
  cut(error: Error): void {
    const pooled = this.#pooled;
    cutConnection(pooled.core, error);
    // It may hold the locks of an open transaction, and would for as long as it takes the server to miss its client.
    if (this.killsLostSessions) pooled.stopThread(error);
  }

  /**
   * Gives the connection back to the pool, or destroys it if the next user could not work on it. What is still under way on it goes on first, as it would on
   * mysql2's own pool.
   */
  release(): void {
    if (this.hasEnded) return;
    const { core, transactionState } = this.#pooled;
    // One that is not to be used again may still be alive, and answer.
    if (isKnownDead(core) || !this.#pooled.owesAnswers) this.#giveBack();
    // A transaction that has ended for its owner must not do anything more.
    else if (transactionState === 'open' && !this.watchesCommands) this.destroy('dirty');
    else {
      const limits = {
        patience: stuckAfter(this.#policy),
        read: () => bytesRead(core),
        isWatched: () => this.watch !== false && this.unanswered() !== undefined,
      };
      this.#stopWaiting = whenAnswered(core, limits, (how) => {
        if (how === 'stuck') this.destroy('dirty');
        else this.#giveBack();
      });
    }
  }

  #giveBack(): void {
    const pooled = this.#pooled;
    if (pooled.isLost) {
      pooled.stopTimedOut();
      this.destroy('lost');
    } else if (pooled.isDirty || hasRunningCommand(pooled.core)) this.destroy('dirty');
    else {
      this.#end();
      pooled.lastUsedAt = this.#owner.environment.wallClock();
      try {
        pooled.core.release();
      } finally {
        // Also where a listener of the pool's events has thrown: the connection lies idle by then.
        this.#giveBackPermit();
      }
    }
  }

  destroy(reason: EvictEvent['reason']): void {
    if (this.#ended) return;
    this.#end();
    destroyConnection(this.#pooled.core);
    this.#owner.evicted(reason, this.#pooled, this.#policy);
    this.#giveBackPermit();
  }

  destroyed(): void {
    if (this.#ended) return;
    this.#end();
    this.#owner.evicted('lost', this.#pooled, this.#policy);
    this.#giveBackPermit();
  }

  failed(error: unknown): void {
    if (typeof error !== 'object' || error === null) return;
    this.#failures ??= new WeakSet();
    this.#failures.add(error);
  }

  /** Whether this is an error that something on this connection failed with, and that may have nothing to do with the user's own doing. */
  hasSeen(error: object): boolean {
    return this.#failures?.has(error) === true;
  }

  /** mysql2's pool no longer counts a lost connection, so neither does ours, even if it is never given back. */
  lost(error?: unknown): void {
    this.#giveBackPermit();
    if (error !== undefined) this.#onLost?.(error);
  }

  #end(): void {
    this.#ended = true;
    this.#stopWaiting?.();
    this.#owner.ended(this);
    // No longer the holder: what mysql2 does from here on must not be taken for the user's doing.
    this.#pooled.holder = undefined;
  }

  #giveBackPermit(): void {
    if (!this.#permitHeld) return;
    this.#permitHeld = false;
    this.#owner.giveBackPermit();
  }
}

function sendBy(
  method: StatementMethod,
  connection: PoolConnection,
  sql: unknown,
  values: unknown,
  settle: Settle,
): DriverCommand | undefined {
  if (method === 'untraced') return queryUntraced(connection, sql as string | object, settle);
  const send = connection[method] as unknown as Send;
  return values === undefined ? send.call(connection, sql, settle) : send.call(connection, sql, values, settle);
}

/** Somebody did not wait for a statement, or kept a `tx` for later. */
function afterTheEnd(): Error {
  return new Error(
    'The transaction has ended: a statement was sent in it that nobody waited for. It was not executed.',
  );
}

import {
  eitherSignal,
  type GateAction,
  type GateEvent,
  type GateState,
  newGate,
  stepGate,
  timers,
  transactionOperation,
  verbOf,
} from '../../../src/internal.ts';
import { textOf } from '../driver/command.ts';
import { sqlAsCalled, valuesAsCalled } from '../pool/as-called.ts';
import type { Lease, StatementLimits, StatementMethod, StatementResult } from '../pool/lease.ts';
import { LeaseClient } from '../pool/lease-client.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { openRows, RowDemand } from '../pool/row-stream.ts';
import { OwnSide } from './own-side.ts';
import { readStatementFailure } from './read-statement-failure.ts';
import { behindRows, droppedRows, refusedStatement } from './refused-statement.ts';

/** A statement that is sent once more: alone in its transaction, and not executed. */
const firstStatement = transactionOperation(() => false);

/** A statement of the user's, from its call to its answer. */
interface Call {
  /** Sends it; ends when nothing of its answer is left on the wire. */
  readonly send: () => Promise<unknown>;
  readonly refuse: (error: unknown) => void;
  /** As it was called; undefined where it reads rows one by one. */
  readonly sql?: unknown;
  /** A part of its answer is with the caller: it cannot be sent again. This drops the rest of it, whose reader gets an error. */
  drop?: () => void;
}

/**
 * How long rows may wait for their reader when the callback has returned, and no more of them are kept: in milliseconds. COMMIT waits behind them, and their reader
 * may be nobody, as of a loop that was left by hand.
 */
const longestUnread = 10_000;

/** In the place of a call whose caller has been told already that it is not sent. */
const nothing: Call = { send: async () => {}, refuse: () => {} };

/**
 * A transaction from before its BEGIN to after its end: its connection, and the queue of its statements.
 *
 * As long as nothing of it was executed, it is untouched: when its first statement is refused or meets a dead connection, it begins again on
 * another one, and that statement is sent there. The callback of the user does not notice. Whatever connection it has begun on is its own.
 */
export class TransactionUnit extends LeaseClient {
  readonly #use: PoolUse;
  readonly #limits: StatementLimits;
  readonly #calls = new Map<number, Call>();
  #gate: GateState = newGate;
  #begin: (deadline: number) => Promise<unknown> = async () => {};
  #lastId = 0;
  /** What the transaction was ended by. */
  #endedBy: { readonly error: unknown } | undefined;
  /** The server had said that a transaction is open when the last statement was sent, which cannot have ended it by its own doing. */
  #wasOpen = true;
  /** Ends the search for another connection once nobody waits for it. */
  #search: AbortController | undefined;
  /** Tells the search what became of the statement that it is for. */
  #resent: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #whenOver: (() => void) | undefined;
  /** Of the rows that are being read. */
  #demand: RowDemand | undefined;
  #unread: NodeJS.Timeout | undefined;
  /** For the statements that are not the user's: BEGIN, COMMIT, ROLLBACK. They pass the queue by. */
  readonly ownSide: LeaseClient;

  constructor(use: PoolUse, lease: Lease, limits: StatementLimits = use.policy) {
    super(lease, use.policy);
    this.#use = use;
    this.#limits = limits;
    this.ownSide = new OwnSide(this, limits);
  }

  /** What was begun is still what is open, and nothing of it can have been committed by itself. */
  get isWhole(): boolean {
    return this.#gate.isWhole;
  }

  /** Nothing of the user's was executed yet, so that losing the connection loses nothing. */
  get isUntouched(): boolean {
    return this.#gate.isUntouched;
  }

  /** What the server, or the loss of the connection, has ended it by. */
  get endedBy(): { readonly error: unknown } | undefined {
    return this.#endedBy ?? (this.lease.transactionEnd && { error: this.lease.transactionEnd.error });
  }

  /**
   * Sends what precedes the user's own statements; a lease on which that fails is destroyed.
   *
   * @param begin sends it, through the own side; called again for every connection that the transaction begins on, with a deadline of its own
   * @param deadline on the executor's clock, for the first time
   * @returns what `begin` has returned
   */
  async begin<T>(begin: (deadline: number) => Promise<T>, deadline: number): Promise<T> {
    this.#begin = begin;
    const begun = await this.#beginOn(this.lease, begin, deadline);
    this.#take({ type: 'begun' });
    return begun;
  }

  override run(method: StatementMethod, given: unknown, parameters: unknown): Promise<StatementResult> {
    const sql = sqlAsCalled(given);
    const values = valuesAsCalled(parameters);
    return new Promise((resolve, reject) => {
      const send = () => this.lease.run(method, sql, values, this.#limits).then(resolve);
      this.#call({ send, refuse: reject, sql });
    });
  }

  /** Sends a statement that is none of the user's, such as COMMIT. */
  send(
    method: StatementMethod,
    sql: unknown,
    values: unknown,
    limits: StatementLimits = this.#limits,
  ): Promise<StatementResult> {
    return this.lease.run(method, sql, values, limits);
  }

  override async *stream(given: unknown, parameters: unknown): AsyncGenerator<unknown, void, void> {
    const sql = sqlAsCalled(given);
    const values = valuesAsCalled(parameters);
    let isDropped = false;
    const demand: RowDemand = new RowDemand(() => this.#whenFull(demand));
    yield* await new Promise<AsyncGenerator<unknown, void, void>>((resolve, reject) => {
      const call: Call = {
        send: async () => {
          let onEnd: (error?: unknown) => void = () => {};
          // The rows are read as slowly as their reader likes; the wire is free when the last one has come.
          const ended = new Promise<{ readonly error: unknown }>((end) => {
            onEnd = (error) => end({ error });
          });
          const rows = await openRows(this.lease, sql, values, this.#limits, 'in-transaction', onEnd, demand);
          call.drop = () => {
            isDropped = true;
            // What it fails with, the reader gets, and the transaction.
            rows.return().catch(() => {});
          };
          resolve(rows);
          if (this.#gate.callback === 'threw') call.drop();
          this.#demand = demand;
          if (this.#gate.waiting.length > 0) demand.press();
          const { error } = await ended;
          this.#demand = undefined;
          timers.clearTimeout(this.#unread);
          this.#unread = undefined;
          if (error !== undefined) throw error;
        },
        refuse: reject,
      };
      this.#call(call);
    });
    if (isDropped) throw droppedRows(this.endedBy);
  }

  /**
   * The callback has returned: ends when all that it has called before is answered. Nothing is taken any more. Rows that nobody reads, and of which there are too
   * many to be kept, are dropped after a while.
   */
  finish(): Promise<void> {
    const over = this.#close({ type: 'returned' });
    // Also where they were full before: from now on they are dropped if nobody reads them.
    this.#demand?.press();
    return over;
  }

  /**
   * The callback has failed: ends when all that it has called before is answered, so that what nobody waits for does not end the process by a
   * rejection. Rows of which the callback was reading are dropped: ROLLBACK would wait for a reader that may never go on.
   */
  abandon(): Promise<void> {
    const over = this.#close({ type: 'threw' });
    this.#search?.abort();
    this.#dropRows();
    return over;
  }

  #close(event: GateEvent): Promise<void> {
    return new Promise((resolve) => {
      if (this.#gate.phase === 'over') {
        resolve();
        return;
      }
      this.#whenOver = resolve;
      this.#take(event);
    });
  }

  #call(call: Call): void {
    this.#lastId += 1;
    this.#calls.set(this.#lastId, call);
    this.#take({ type: 'called', id: this.#lastId });
    this.#demand?.press();
  }

  /** As many rows are kept as may be, and the connection is paused until their reader has taken them. */
  #whenFull(demand: RowDemand): void {
    this.#refuseBehindRows();
    if (this.#gate.callback === 'returned') this.#dropUnread(demand);
  }

  #dropUnread(demand: RowDemand): void {
    if (this.#unread !== undefined) return;
    const { taken } = demand;
    this.#unread = timers.setTimeout(() => {
      this.#unread = undefined;
      if (demand.taken === taken) this.#dropRows();
      else this.#dropUnread(demand);
    }, longestUnread);
  }

  #dropRows(): void {
    for (const { drop } of this.#calls.values()) drop?.();
  }

  /** Their reader may be waiting for one of these, and would wait for ever. */
  #refuseBehindRows(): void {
    // What a nested transaction has done must not stay because its end was not sent: the rows go first.
    if (this.#gate.waiting.some((id) => verbOf(textOf(this.#calls.get(id)?.sql) ?? '') === 'ROLLBACK')) {
      this.#dropRows();
      return;
    }
    for (const id of this.#gate.waiting) {
      this.#calls.get(id)?.refuse(behindRows());
      this.#calls.set(id, nothing);
    }
  }

  #take(event: GateEvent): void {
    const { state, actions } = stepGate(this.#gate, event);
    this.#gate = state;
    this.lease.isWhole = state.isWhole;
    if (event.type === 'answered' || event.type === 'failed') this.lease.awaitsAnswer = false;
    for (const action of actions) this.#do(action);
  }

  #do(action: GateAction): void {
    switch (action.do) {
      case 'send':
        void this.#send(action.id);
        break;
      case 'refuse':
        this.#refuse(action.id);
        break;
      case 'check':
        void this.#check();
        break;
      case 'begin-again':
        // Whoever has seen the failure goes on with it.
        break;
      case 'commit':
      case 'roll-back':
        this.#whenOver?.();
        break;
      default:
        action satisfies never;
    }
  }

  #refuse(id: number): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    const error = refusedStatement(this.endedBy);
    // The one that has ended the transaction is told first: it is what Promise.all() is to fail with.
    timers.queueMicrotask(() => call?.refuse(error));
  }

  async #send(id: number): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    try {
      const { isLost, firstFailure } = this.lease;
      // Nothing is written to a connection that is known to be lost: what has happened to it, happened before there was anything to execute.
      if (isLost && firstFailure !== undefined && this.isUntouched) throw firstFailure.error;
      this.#wasOpen = this.lease.transactionState === 'open';
      this.lease.awaitsAnswer = true;
      await call.send();
      this.#calls.delete(id);
      this.#resent?.resolve();
      const isOpen = this.lease.transactionState !== 'none';
      this.#take({ type: 'answered', isOpen, mayCommit: this.#mayHaveCommitted });
    } catch (error) {
      this.#takeFailure(id, call, error);
    }
  }

  #takeFailure(id: number, { refuse, drop }: Call, error: unknown): void {
    const isUntouched = this.isUntouched && drop === undefined;
    const as = readStatementFailure(error, this.lease, isUntouched, this.#mayHaveCommitted);
    if (as === 'ended' || as === 'not-executed') this.#endedBy ??= { error };
    const mayCommit = this.#mayHaveCommitted;
    if (mayCommit) this.#wasOpen = false;
    this.#take({ type: 'failed', as, mayCommit });
    if (this.#gate.phase === 'beginning') {
      this.#endedBy = undefined;
      if (this.#resent === undefined) void this.#beginAgain(error);
      else this.#resent.reject(error);
      return;
    }
    this.#calls.delete(id);
    this.#resent?.resolve();
    refuse(error);
  }

  /** By its text, or where that is not known. */
  get #mayHaveCommitted(): boolean {
    return this.lease.lastStatement?.mayCommit !== false;
  }

  /** Whether a transaction is open, the server says with every answer. */
  async #check(): Promise<void> {
    let isOpen = false;
    try {
      await this.lease.run('untraced', 'DO 0', undefined, this.#limits);
      isOpen = this.lease.transactionState === 'open';
    } catch (error) {
      this.#endedBy ??= { error };
    }
    // DDL and the like had ended it before, and what follows them is as on a bare connection.
    if (!isOpen && !this.#wasOpen && !this.lease.isLost && this.lease.transactionEnd === undefined) isOpen = true;
    if (!isOpen) this.#endedBy ??= this.lease.firstFailure;
    this.#take({ type: 'checked', isOpen });
  }

  async #beginOn<T>(lease: Lease, begin: (deadline: number) => Promise<T>, deadline: number): Promise<T> {
    try {
      return await lease.prepare(() => begin(deadline));
    } catch (error) {
      // A SET TRANSACTION that succeeded would still apply to the next transaction of this connection.
      lease.destroy(lease.isLost ? 'lost' : 'dirty');
      throw error;
    }
  }

  /** Of a connection that lives, somebody else can make use while this transaction waits. */
  async #leaveLease(): Promise<void> {
    const { lease } = this;
    if (!lease.isLost) await lease.run('query', 'ROLLBACK', undefined, this.#limits).catch(() => {});
    lease.release();
  }

  async #beginAgain(refused: unknown): Promise<void> {
    const { core } = this.#use;
    this.#search = new AbortController();
    const { signal, release } = eitherSignal(this.policy.signal, this.#search.signal);
    const policy = { ...this.policy, signal };
    try {
      await core.executor.run(firstStatement, policy, async (context) => {
        if (context.attempt === 1) {
          await this.#leaveLease();
          throw refused;
        }
        this.lease.release();
        this.current = await core.acquire(policy, context.patience, false);
        await this.#beginOn(this.current, this.#begin, context.patience.deadline);
        // It fails again only by what would have this transaction begin again.
        await new Promise<void>((resolve, reject) => {
          this.#resent = { resolve, reject };
          this.#take({ type: 'begun' });
          if (this.#gate.phase === 'over') resolve();
        });
      });
      this.#resent = undefined;
    } catch (error) {
      this.#resent = undefined;
      this.#endedBy = { error };
      // The statement that it was for has failed by this; those behind it are refused for it.
      const [first] = this.#gate.waiting;
      const call = first === undefined ? undefined : this.#calls.get(first);
      if (first !== undefined) this.#calls.delete(first);
      this.#take({ type: 'not-begun' });
      call?.refuse(error);
    } finally {
      release();
    }
  }
}

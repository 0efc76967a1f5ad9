import type { AccessMode, SessionSetting } from '../../../src/internal.ts';
import type { SessionStatus } from '../driver/session-status.ts';

export type TransactionState = 'none' | 'open' | 'unsure';

type SessionMode = 'read-write' | 'read-only' | 'unsure';

/**
 * What one session of the server is in, as its server has said. Pure: it is told of each answer, in the order of the wire.
 *
 * A session begins as the pool makes it: no transaction, the database and the user of the pool.
 */
export class SessionState {
  readonly #isTold: boolean;
  readonly #isFresh: boolean;
  #transaction: TransactionState = 'none';
  /** By the last flags. */
  #wasOpen = false;
  #inReadOnlyTransaction = false;
  #autocommit: boolean;
  /** Of the transactions that follow. `SET TRANSACTION` has no flag of the server. */
  #accessMode: SessionMode = 'read-write';
  /** Of the next one alone, where that was set. */
  #nextAccessMode: SessionMode | undefined;
  /** '' for none. */
  #database: string;
  #isDatabaseKnown = true;
  /** The server tells of each change of the database. */
  #tracksDatabase = false;
  #isUserChanged = false;
  #usualAutocommit: boolean;
  #usualAccessMode: SessionMode = 'read-write';
  #usualDatabase: string;

  /**
   * @param autocommit whether the session began with autocommit
   * @param database the one that the session began with, if any
   * @param isTold of each answer; if not, the session is unsure from its first use on
   * @param isFresh nobody has used the session before
   */
  constructor(autocommit: boolean, database = '', isTold = true, isFresh = true) {
    this.#isTold = isTold;
    this.#isFresh = isFresh;
    if (!isTold) this.#transaction = 'unsure';
    this.#autocommit = autocommit;
    this.#usualAutocommit = autocommit;
    this.#database = database;
    this.#usualDatabase = database;
  }

  /** `unsure` from an error that may have changed it until the next answer without one. */
  get transaction(): TransactionState {
    return this.#transaction;
  }

  /** As the server has said last. It may be out of date while the transaction is unsure. */
  get autocommit(): boolean {
    return this.#autocommit;
  }

  /** Writes are refused, in the open transaction or in those that follow; or nobody knows. */
  get isReadOnly(): boolean {
    return this.#inReadOnlyTransaction || (this.#nextAccessMode ?? this.#accessMode) !== 'read-write';
  }

  /** Somebody had switched autocommit off before anybody listened. */
  get wasAutocommitOff(): boolean {
    return !this.#isFresh && this.#usualAutocommit && !this.#autocommit;
  }

  /** All sessions of the pool are meant to be so. */
  get isMeantReadOnly(): boolean {
    return this.#usualAccessMode === 'read-only';
  }

  /** Undefined as long as it is the pool's; `unsure` where it was changed and the server did not say to what. */
  get database(): { readonly name: string } | 'unsure' | undefined {
    if (!this.#isDatabaseKnown) return 'unsure';
    const name = this.#database;
    return name === this.#usualDatabase ? undefined : { name };
  }

  get isUserChanged(): boolean {
    return this.#isUserChanged;
  }

  /** Whether the next user of the session meets what the pool would make for them. */
  get isAsMade(): boolean {
    return (
      this.#transaction === 'none' &&
      this.#autocommit === this.#usualAutocommit &&
      this.#accessMode === this.#usualAccessMode &&
      (this.#nextAccessMode ?? this.#usualAccessMode) === this.#usualAccessMode &&
      this.#isDatabaseKnown &&
      this.#database === this.#usualDatabase &&
      !this.#isUserChanged
    );
  }

  /**
   * What was sent until now is how the pool's user wants every session: a listener of the pool's events has sent it. Where a statement of it has failed, that is
   * its own affair, and the session is as the statements before it left it.
   */
  prepared(): void {
    if (this.#isTold && this.#transaction === 'unsure' && !this.#wasOpen) this.#transaction = 'none';
    this.#usualAutocommit = this.#autocommit;
    this.#usualAccessMode = this.#accessMode;
    this.#nextAccessMode = undefined;
    this.#usualDatabase = this.#database;
    this.#isDatabaseKnown = true;
    this.#isUserChanged = false;
  }

  /** A result ended without an error. */
  answered(status: SessionStatus, change?: SessionSetting): void {
    this.#take(status);
    if (change === undefined) {
      // The transaction that it was meant for has begun.
      if (status.inTransaction) this.#nextAccessMode = undefined;
      return;
    }
    if (change.accessMode !== undefined) this.#setAccessMode(change.accessMode);
    if (change.usesDatabase && !this.#tracksDatabase) this.#isDatabaseKnown = false;
  }

  /**
   * The server answered with an error, which says nothing of the session; or nobody could read its answer.
   *
   * @param couldChange it may have begun or ended a transaction, or changed the session in another way
   */
  failed(couldChange: boolean): void {
    // Without autocommit a statement begins a transaction also when it fails.
    const mayHaveBegun = this.#transaction === 'none' && !this.#autocommit;
    if (couldChange || mayHaveBegun) this.#transaction = 'unsure';
  }

  /** COM_CHANGE_USER: the server has made a new session, as somebody else. */
  changedUser(status: SessionStatus): void {
    this.reset(status);
    this.#isUserChanged = true;
    if (status.schema === undefined) this.#isDatabaseKnown = false;
  }

  /** COM_RESET_CONNECTION: as new, except for the user and the database. */
  reset(status: SessionStatus): void {
    this.#take(status);
    this.#accessMode = 'read-write';
    this.#nextAccessMode = undefined;
  }

  #setAccessMode(mode: AccessMode): void {
    if (mode === 'next-read-only') this.#nextAccessMode = 'read-only';
    else if (mode === 'next-read-write') this.#nextAccessMode = 'read-write';
    else this.#accessMode = mode;
  }

  #take({ inTransaction, readOnly, autocommit, schema }: SessionStatus): void {
    this.#transaction = inTransaction ? 'open' : 'none';
    this.#wasOpen = inTransaction;
    this.#inReadOnlyTransaction = inTransaction && readOnly;
    this.#autocommit = autocommit;
    if (schema === undefined) return;
    this.#database = schema;
    this.#isDatabaseKnown = true;
    this.#tracksDatabase = true;
  }
}

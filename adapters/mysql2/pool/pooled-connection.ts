import type { PoolConnection } from 'mysql2';
import {
  attachEvidence,
  attachKill,
  ClassifiedError,
  type Evidence,
  evidenceOf,
  type Failure,
  type FailureKind,
  limitsLockWait,
  propertyOf,
  readStatementKind,
  timers,
} from '../../../src/internal.ts';
import { leastDoubtful, type PacketLimit } from '../control/packet-limit.ts';
import { type Session, sessionOf } from '../control/session-identity.ts';
import type { SessionKiller } from '../control/session-killer.ts';
import { clientSideOf } from '../driver/client-side.ts';
import { type DriverCommand, endedUntold, onCommandEnd, onCommandResult, sqlOf } from '../driver/command.ts';
import {
  allowsMultipleStatements,
  autocommitAtFirst,
  databaseNow,
  hasRunningCommand,
  isKnownDead,
  lastActiveAt,
  pendingCommands,
} from '../driver/connection.ts';
import { type Knowledge, warnOfNumbering } from '../driver/look-for-internals.ts';
import { Readers } from '../driver/readers.ts';
import { type CommandKind, changesUser, kindOf } from '../driver/result-end.ts';
import type { SessionStatus } from '../driver/session-status.ts';
import { StreamPauses } from '../driver/stream-pauses.ts';
import { type ConnectionObserver, watchConnection } from '../driver/watch-connection.ts';
import type { Unanswered, Wire } from '../driver/wire.ts';
import { makeExact } from '../prepared/exact-statement.ts';
import type { Generation } from './generation.ts';
import { isRefusal } from './refusals.ts';
import { couldChangeSession, readSessionChange } from './session-effect.ts';
import { SessionState, type TransactionState } from './session-state.ts';

/** Failures of one connection that its siblings may share. */
const suspicious: ReadonlySet<FailureKind> = new Set(['connection-lost', 'killed', 'attempt-timeout', 'protocol']);

/** Failures after which the server's thread may go on with what it was sent. Of what it ended itself, it said so. */
const mayLeaveRunning: ReadonlySet<FailureKind> = new Set([
  'connection-lost',
  'attempt-timeout',
  'aborted',
  'protocol',
]);

/** ER_LOCK_WAIT_TIMEOUT */
const lockWaitTimeout = 1205;

/** ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION */
const readOnlySession = 1792;

/** What is asked of the server, or done there, over a connection beside the pool. */
export interface BesideThePool {
  readonly sessionKiller: SessionKiller;
  readonly packetLimit: PacketLimit;
}

/** Whoever uses the connection at the moment. */
export interface Holder {
  /** Every command is to be watched, because its results do not pass through this package. */
  readonly watchesCommands: boolean;
  /** When the user got the connection itself, on the monotonic clock, in milliseconds; 0 where he did not. */
  readonly handedOutAt: number;
  /** Only statements that precede the user's own are being sent. */
  readonly preparing: boolean;
  /** The server's thread may be stopped when the connection is lost. */
  readonly killsLostSessions: boolean;
  /** Nothing of the transaction that is open can have been committed before this command; undefined for what no command failed with. */
  isWholeBefore(command: DriverCommand | undefined): boolean;
  /** The holder gives the connection back. */
  release(): void;
  /** Something failed on it in a way that may succeed another time. */
  failed(error: unknown): void;
  /** The connection was destroyed by whoever holds it. */
  destroyed(): void;
  /** The connection is lost; `error` where the stream told one, which no statement that waits for an answer got. */
  lost(error?: unknown): void;
}

/** The first failure that a connection saw while somebody held it. A later one never replaces it. */
export interface FirstFailure {
  readonly error: unknown;
  readonly failure: Failure;
}

/** What is known about one connection of the pool, from its first use to its end. */
export class PooledConnection {
  readonly core: PoolConnection;
  readonly session: Session;
  readonly #killer: SessionKiller;
  readonly #packetLimit: PacketLimit;
  readonly #wire: Wire;
  readonly #readers = new Readers();
  readonly #streamPauses: StreamPauses;
  readonly #generation: Generation;
  readonly madeIn: number;
  readonly #isFresh: boolean;
  /** Wall clock, in milliseconds. */
  readonly expiresAt: number;
  /** The count of losses when it last answered. */
  #provenAt: number;
  /** Wall clock: a monotonic one stands still while a laptop or a function is frozen. */
  lastUsedAt: number;
  /** How many rows were taken that had been read before. Only compared. */
  rowsTaken = 0;
  #holder: Holder | undefined;
  /** How many have held it so far. */
  #holders = 0;
  /** A write was refused in a session that may have been left READ ONLY. */
  #refusedWrite = false;
  firstFailure: FirstFailure | undefined;
  /** The first failure that ended the transaction. Not always the first one: a lock wait timeout may come before a deadlock. */
  transactionEnd: FirstFailure | undefined;
  #state: SessionState;
  /** What made its transaction unsure. */
  #unsureBy: unknown;
  /** The command whose answer found a transaction open and did not leave it so. Weak: a command has the rows that it read. */
  #closedBy: WeakRef<DriverCommand> | undefined;
  /** The command that has ended a result, and not its last one. */
  #goesOn: DriverCommand | undefined;
  /** The command that mysql2's own timer has ended: its answer is nobody's. */
  #timedOut: { readonly command: DriverCommand | undefined; readonly error: unknown } | undefined;
  readonly #beganWithAutocommit: boolean;
  #hearsAnswers: boolean;
  #lost = false;
  /** What a command was told that was under way when it was lost. */
  #lostBy: unknown;
  /** What its stream, or mysql2, has said when it ended; undefined while it lives, and where nothing was said. */
  endedBy: unknown;
  /** Somebody has called its `destroy()`. */
  wasDestroyed = false;
  /** What the end of the stream meant for the command that was under way. */
  #loss: { readonly command: DriverCommand | undefined; readonly classified: ClassifiedError } | undefined;

  /** What its user is told of the statement that it was lost under. */
  #explained: { readonly error: unknown; readonly told: Promise<unknown> } | undefined;

  /** @param knowledge what this version of mysql2 lets anybody see */
  constructor(
    core: PoolConnection,
    knowledge: Knowledge,
    generation: Generation,
    { sessionKiller, packetLimit }: BesideThePool,
    { madeIn, expiresAt, isFresh }: Origin,
  ) {
    this.core = core;
    this.session = sessionOf(core);
    this.#streamPauses = new StreamPauses(core);
    this.#beganWithAutocommit = autocommitAtFirst(core) === true;
    this.#hearsAnswers = !knowledge.lost.has('answers');
    this.#state = firstState(core, this.#hearsAnswers, isFresh);
    this.#killer = sessionKiller;
    this.#packetLimit = packetLimit;
    this.#generation = generation;
    this.madeIn = madeIn;
    this.#isFresh = isFresh;
    this.#provenAt = generation.losses;
    this.lastUsedAt = lastActiveAt(core);
    this.expiresAt = expiresAt;
    this.#wire = watchConnection(core, this.#observer(), knowledge);
  }

  /** What the server's session is in. */
  get state(): SessionState {
    return this.#state;
  }

  /** The answers of the server are read off the wire. If not, nothing proves what its session is in. */
  get hearsAnswers(): boolean {
    return this.#hearsAnswers;
  }

  get holder(): Holder | undefined {
    return this.#holder;
  }

  set holder(holder: Holder | undefined) {
    if (holder !== undefined) {
      this.#holders += 1;
      this.#wire.beginUse();
    }
    this.#holder = holder;
  }

  /** Nobody has held it yet. */
  get isNew(): boolean {
    return this.#holders === 0;
  }

  get isLost(): boolean {
    return this.#lost || isKnownDead(this.core);
  }

  /** Something is under way on it that somebody waits for. */
  get owesAnswers(): boolean {
    return (
      hasRunningCommand(this.core) && pendingCommands(this.core).some((command) => command !== this.#timedOut?.command)
    );
  }

  get isSuspect(): boolean {
    return this.#provenAt < this.#generation.losses;
  }

  /** The next user would work in a transaction, or in another mode than the pool's own; or nothing proves that it would not. */
  get isDirty(): boolean {
    // Of a session that nobody hears of, all that is known is that it was as the pool made it before anybody had it.
    if (!this.hearsAnswers && this.isNew) return false;
    return !this.state.isAsMade || this.#refusedWrite;
  }

  /**
   * The server has said that there is no transaction and that none begins by itself. Not all say it: MySQL tells of autocommit also where it was switched off
   * for all sessions, or by `init_connect`. So nothing may rest on this alone that would do harm then.
   */
  get commitsEachStatement(): boolean {
    return this.state.transaction === 'none' && this.state.autocommit && this.#beganWithAutocommit;
  }

  /** An earlier user may have left the session READ ONLY. What was so in a fresh one is how the sessions of this pool are meant to be. */
  get #mayBeLeftReadOnly(): boolean {
    return (this.#holders > 1 || !this.#isFresh) && !this.state.isMeantReadOnly;
  }

  /** What the server owes an answer to. */
  unanswered(): Unanswered | undefined {
    return this.isLost ? undefined : this.#wire.unanswered();
  }

  /**
   * When the server was last at work for whoever holds it: now, while it owes an answer; else when it was last sent something. On the monotonic clock, in milliseconds.
   */
  lastWorkedAt(now: number): number {
    return this.unanswered() === undefined ? this.#wire.lastWriteAt() : now;
  }

  /** Since when it is held: since it was given to the user, or something was first sent for whoever holds it. 0 where neither is so. On the same clock. */
  get heldSince(): number {
    return this.holder?.handedOutAt || this.#wire.firstWriteAt();
  }

  /** When something was first sent for whoever holds it; 0 where nothing was. On the same clock. */
  get firstWriteAt(): number {
    return this.#wire.firstWriteAt();
  }

  get transactionState(): TransactionState {
    return this.state.transaction;
  }

  /** The server answered on this connection. */
  proven(): void {
    this.#provenAt = this.#generation.losses;
  }

  /** Takes what the end of a result says of the session, before anybody is told of the result. */
  #learn(command: DriverCommand, end: SessionStatus | 'error' | 'unread'): void {
    const { state } = this;
    const before = state.transaction;
    const kind = kindOf(command);
    if (end === 'unread') state.failed(true);
    else if (end === 'error') state.failed(this.#couldChange(command, kind));
    else if (kind === 'change-user') state.changedUser(end);
    else if (kind === 'reset') state.reset(end);
    else if (end.hasMoreResults) {
      this.#goesOn = command;
      state.answered(end);
    } else {
      // Of several statements the text is read once, whatever the last of them was.
      const isRead = end.hasRows && this.#goesOn !== command;
      this.#goesOn = undefined;
      state.answered(end, isRead ? undefined : readSessionChange(sqlOf(command), allowsMultipleStatements(this.core)));
    }
    if (before === 'open' && state.transaction !== 'open') this.#closedBy = new WeakRef(command);
  }

  /** Whether the session may be another one after an ERR packet, by what was sent. */
  #couldChange(command: DriverCommand, kind: CommandKind): boolean {
    // Nobody will judge the error.
    if (this.holder === undefined) return true;
    return kind !== 'prepare' && couldChangeSession(sqlOf(command), allowsMultipleStatements(this.core));
  }

  /** Records a failed command: evidence for its error, trust for its siblings, and the first failure of whoever holds it. */
  failed(error: unknown, command: DriverCommand | undefined): ClassifiedError {
    attachEvidence(error, this.#evidenceFor(command, error));
    const classified = new ClassifiedError(error);
    const { failure } = classified;
    const { killsLostSessions = false, watchesCommands = false } = this.holder ?? {};
    this.#packetLimit.describe(error, this.session, failure.errno, this.#wire.sizeOf(command));
    if (failure.kind === 'limit' && failure.stillRunning) this.#timedOut = { command, error };
    this.observe(error, failure);
    // Who holds the connection may go on with it, as on a bare one: the answer comes, and his transaction is still there.
    if (failure.stillRunning && killsLostSessions && !watchesCommands) this.stopThread(error);
    else this.#offerKill(error, failure.kind, command, killsLostSessions);
    return classified;
  }

  /**
   * What to tell of a statement that was lost with its connection: that it is larger than the server takes, if that is why. To send it again would be in vain.
   *
   * @param isRead nobody would notice whether it was executed
   * @returns undefined where nothing is to be found out; a promise that never rejects, and ends soon
   */
  explainLoss(
    { error, failure }: ClassifiedError,
    command: DriverCommand | undefined,
    isRead: () => boolean,
    signal: AbortSignal | undefined,
  ): Promise<unknown> | undefined {
    const size = this.#wire.sizeOf(command);
    if (failure.kind !== 'connection-lost' || size === undefined || size < leastDoubtful) return undefined;
    // All of it may have left, and when it did the limit may have been another one.
    if (failure.outcome === 'unknown' && !isRead()) return undefined;
    // mysql2 tells one error to PREPARE, to what waits for it, and to the connection.
    const known = this.#explained;
    if (known !== undefined && known.error === error) return known.told;
    const told = this.#packetLimit.explain(error, size, this.session, signal);
    this.#explained = { error, told };
    return told;
  }

  /** The server's thread is to end what it was sent: begins at once, and whoever has the error can wait for it. */
  stopThread(error: unknown): void {
    attachKill(error, (limits) => this.#killer.kill(this.session, limits));
    this.#killer.begin(this.session);
  }

  /** It is given back while the server is at work on what mysql2's own timer has ended: nobody waits for that any more. */
  stopTimedOut(): void {
    const timedOut = this.#timedOut;
    if (timedOut === undefined || this.holder?.killsLostSessions !== true) return;
    if (pendingCommands(this.core).some((command) => command === timedOut.command)) this.stopThread(timedOut.error);
  }

  /** Whoever wants to send the work again that ended with this error can have the server's thread stopped first. */
  #offerKill(error: unknown, kind: FailureKind, command: DriverCommand | undefined, killsLostSessions: boolean): void {
    if (!killsLostSessions || !mayLeaveRunning.has(kind)) return;
    const progress = this.#wire.progressOf(command);
    // What waits for the end of a statement, or for what it is to be prepared with, has the locks of those before it.
    if (progress !== 'written' && progress !== 'cut-short' && progress !== 'prepared') return;
    attachKill(error, (limits) => this.#killer.kill(this.session, limits));
  }

  /** As {@link failed}, for the end of the stream under a command that mysql2 does not tell of it. */
  lostUnder(error: unknown, command: DriverCommand | undefined): ClassifiedError {
    const known = this.#loss;
    if (known?.command === command && known?.classified.failureOf(error) !== undefined) return known.classified;
    attachEvidence(error, this.#evidenceFor(command, error));
    const classified = new ClassifiedError(error);
    this.#loss = { command, classified };
    this.#offerKill(error, classified.failure.kind, command, this.holder?.killsLostSessions === true);
    return classified;
  }

  /** Takes the consequences of a failure on this connection. */
  observe(error: unknown, failure: Failure): void {
    // Whether the transaction has asked to be READ ONLY, nobody can see here: its end is early enough.
    if (failure.errno === readOnlySession && this.#mayBeLeftReadOnly) this.#refusedWrite = true;
    // From here on the session may be in autocommit mode again: what follows would not be undone with the transaction.
    if (this.state.transaction === 'open' && (failure.transient || failure.endsTransaction)) {
      this.state.failed(true);
      this.#unsureBy = error;
    }
    if (failure.transient) {
      this.firstFailure ??= { error, failure };
      this.holder?.failed(error);
    }
    if (failure.endsTransaction) this.transactionEnd ??= { error, failure };
    if (failure.invalidates === 'nothing' || isRefusal(failure)) {
      this.proven();
      if (isRefusal(failure)) this.#generation.refused(error, failure);
      return;
    }
    if (!this.#lost) {
      if (failure.invalidates === 'server') this.#generation.invalidate();
      else if (suspicious.has(failure.kind)) this.#generation.suspectSiblings();
    }
    this.#lost = true;
    this.#lostBy ??= error;
    this.holder?.lost();
  }

  /** Of a command that this side stops waiting for: nothing more of it leaves this process. */
  abandon(command: DriverCommand | undefined): Evidence {
    this.#wire.seal();
    const evidence = this.#evidence(command, this.state.transaction === 'open');
    return { ...evidence, abandoned: this.#wire.progressOf(command) === 'written' };
  }

  /** @param error what the command failed with */
  #evidenceFor(command: DriverCommand | undefined, error: unknown): Evidence {
    // mysql2 hands one error to the running command and to those behind it, of which EXECUTE is one while PREPARE runs.
    const wasOpen = this.state.transaction === 'unsure' && error === this.#unsureBy;
    // Its own answer may have ended the transaction that it was sent in.
    const hasClosed = command !== undefined && this.#closedBy?.deref() === command;
    const evidence = this.#evidence(command, wasOpen || hasClosed || this.state.transaction === 'open');
    const isOwnLimit = propertyOf(error, 'errno') === lockWaitTimeout && limitsLockWait(sqlOf(command) ?? '');
    // What mysql2 throws while it reads an answer it tells the statement first, and then the connection.
    const clientSide = command === undefined ? evidenceOf(error)?.clientSide : clientSideOf(command, error, this.core);
    return {
      ...evidence,
      ...(isOwnLimit && { limitsLockWait: true }),
      ...(clientSide !== undefined && { clientSide }),
    };
  }

  #evidence(command: DriverCommand | undefined, isOpen: boolean): Evidence {
    const wire = this.#wire.progressOf(command);
    const progress = wire === 'written' && this.holder?.preparing === true ? 'preparing' : wire;
    const sql = sqlOf(command) ?? '';
    const kind = readStatementKind(sql, { multipleStatements: allowsMultipleStatements(this.core) });
    const isWhole = this.holder?.isWholeBefore(command) !== false;
    return {
      progress,
      atomic: kind.isAtomic,
      rollsBack: isOpen && isWhole && (wire !== 'written' || kind.leavesUncommitted),
      commits: kind.isCommit,
      abandoned: false,
      ...(!isWhole && { isPart: true }),
      alone:
        !isOpen &&
        this.state.transaction === 'none' &&
        this.#mayBeLeftReadOnly &&
        this.#holder?.watchesCommands === false,
    };
  }

  #observer(): ConnectionObserver {
    return {
      command: (command) => {
        makeExact(this.core, command);
        this.#readers.add(command);
        this.#streamPauses.add(command);
        if (changesUser(command, this.core)) this.session.userChanged = true;
        if (this.holder?.watchesCommands !== true) return;
        let told = false;
        onCommandResult(command, (error) => {
          told = true;
          if (error === undefined || error === null) {
            this.proven();
            return undefined;
          }
          return this.explainLoss(this.failed(error, command), command, () => false, undefined);
        });
        onCommandEnd(command, () => {
          // mysql2 ends an EXECUTE whose PREPARE failed without sending it, and has told the error.
          if (told || !this.#wasSent(command)) return;
          command.onResult?.(this.firstFailure?.error ?? endedUntold());
        });
      },
      answered: (command, end) => this.#learn(command, end),
      countsOn: () => {
        this.#hearsAnswers = false;
        this.#state = firstState(this.core, false, false);
        warnOfNumbering();
      },
      refused: () => (this.holder?.watchesCommands === true ? { error: this.#lostBy } : undefined),
      lost: (error) => {
        this.endedBy ??= error;
        this.#streamEnded(error);
        if (error !== undefined) this.#tellReaders(error);
      },
      release: () => {
        const { holder } = this;
        holder?.release();
        return holder !== undefined;
      },
      destroyed: () => {
        this.#lost = true;
        this.wasDestroyed = true;
        this.holder?.destroyed();
      },
    };
  }

  /** The command itself, and not only what it was to be prepared with. */
  #wasSent(command: DriverCommand): boolean {
    const progress = this.#wire.progressOf(command);
    return progress !== 'not-written' && progress !== 'prepared';
  }

  #tellReaders(error: unknown): void {
    const loss = this.#loss;
    const better =
      loss !== undefined && loss.classified.error === error
        ? this.explainLoss(loss.classified, loss.command, () => false, undefined)
        : undefined;
    if (better === undefined) {
      this.#readers.tell(this.core, () => error);
      return;
    }
    void better.then((told) =>
      timers.nextTick(() => this.#readers.tell(this.core, (reader) => (reader === loss?.command ? told : error))),
    );
  }

  /** The stream ended or failed. A statement in flight that waits for an answer brings its own failure, with its own evidence. */
  #streamEnded(error: unknown): void {
    if (!this.#lost) this.#generation.suspectSiblings();
    this.#lost = true;
    if (error !== undefined && this.holder !== undefined && this.firstFailure === undefined) {
      const [running] = pendingCommands(this.core);
      this.firstFailure = this.lostUnder(error, running);
      this.transactionEnd ??= this.firstFailure;
      this.holder.failed(error);
    }
    this.holder?.lost(error);
  }
}

/** What is known of a connection when it is first seen. */
export interface Origin {
  /** The generation of the pool in which it was begun, at the earliest. */
  readonly madeIn: number;
  /** Wall clock, in milliseconds. */
  readonly expiresAt: number;
  /** It was seen from its handshake on. If not, somebody may have used it, and left its session changed in a way that no answer tells of. */
  readonly isFresh: boolean;
}

function firstState(core: PoolConnection, isTold: boolean, isFresh: boolean): SessionState {
  return new SessionState(autocommitAtFirst(core) ?? true, databaseNow(core), isTold, isFresh);
}

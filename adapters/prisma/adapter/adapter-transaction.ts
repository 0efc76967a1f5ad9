import {
  classify,
  type EitherSignal,
  eitherSignal,
  onAbort,
  type RetryPolicy,
  timers,
  transactionOperation,
} from '../../../src/internal.ts';
import type {
  CompletedClaim,
  Lease,
  LedgerClaim,
  ResilientClient,
  StatementLimits,
  StatementRoom,
} from '../../mysql2/binding.ts';
import {
  commitOn,
  type EndSteps,
  firstErrorBehind,
  isRefusal,
  type LeaseClient,
  LedgerTransaction,
  plainEnd,
  rollBackOn,
  sendPlain,
  statementRoomOf,
  TransactionUnit,
} from '../../mysql2/binding.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { type CurrentCall, type LedgerTicket, takeStart } from '../bridge/call-scope.ts';
import { markEndedByPrisma, markSettledByPool } from '../bridge/settled.ts';
import { payloadError } from '../errors/adapter-error.ts';
import { toPrismaError } from '../errors/to-prisma-error.ts';
import { alreadyClosed, stillRunning } from '../errors/transaction-error.ts';
import type { IsolationLevel, SqlQuery, SqlResultSet, Transaction } from './prisma-interface.ts';
import { countRows, queryRows, type Send } from './statement.ts';

const isolationLevels: ReadonlySet<string> = new Set<IsolationLevel>([
  'READ UNCOMMITTED',
  'READ COMMITTED',
  'REPEATABLE READ',
  'SERIALIZABLE',
]);

/** From BEGIN on, nothing is repeated: what Prisma and the user did since then, this package does not know. */
const openTransaction = transactionOperation(() => true);

const beginning = transactionOperation(() => false);

/**
 * Begins a transaction. Lost on the way, it begins again on another connection: nothing of the user's was sent.
 *
 * @throws what {@link toPrismaError} makes of the failure
 */
export async function beginTransaction(
  client: ResilientClient,
  isolationLevel?: IsolationLevel,
  call?: CurrentCall,
): Promise<Transaction> {
  if (isolationLevel !== undefined && !isolationLevels.has(isolationLevel)) {
    const originalMessage = `MySQL and MariaDB have no isolation level ${isolationLevel}`;
    throw payloadError({ kind: 'InvalidIsolationLevel', level: isolationLevel, originalCode: 'N/A', originalMessage });
  }
  const { core } = client;
  const idempotencyKey = call?.ticket?.idempotencyKey;
  const { exactlyOnce } = client.policy.transactions;
  const ledger = exactlyOnce ? new LedgerTransaction(client, { idempotencyKey }) : undefined;
  const start = takeStart(call);
  const { policy, release } = within(client.policy, start);
  try {
    return await core.executor.run(beginning, policy, async ({ patience }) => {
      const tx = new AdapterTransaction(client, await core.acquire(policy, patience, false), call);
      await tx.begin(isolationLevel, ledger, patience.deadline, start);
      return tx;
    });
  } catch (error) {
    throw toPrismaError(markSettledByPool(error));
  } finally {
    release();
  }
}

/** The same policy for as long as a signal has not aborted. */
function within(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): { readonly policy: RetryPolicy; readonly release: () => void } {
  if (signal === undefined) return { policy, release: () => {} };
  const either = eitherSignal(policy.signal, signal);
  return { policy: Object.freeze({ ...policy, signal: either.signal }), release: either.release };
}

/** A transaction on its own connection, until Prisma ends it. */
class AdapterTransaction implements Transaction {
  readonly provider: 'mysql' = adapterInfo.provider;
  readonly adapterName: string = adapterInfo.adapterName;
  readonly options = { usePhantomQuery: true };
  readonly #client: ResilientClient;
  readonly #connection: TransactionUnit;
  readonly #call: CurrentCall | undefined;
  readonly #ticket: LedgerTicket | undefined;
  /** Ends what is still in flight when the transaction is rolled back. */
  readonly #abandoned = new AbortController();
  /** Aborts with the user's or with that. */
  readonly #signal: EitherSignal;
  readonly #limits: StatementLimits;
  readonly #room: StatementRoom;
  #claim: LedgerClaim | undefined;
  #ended = false;

  constructor(client: ResilientClient, lease: Lease, call: CurrentCall | undefined) {
    this.#client = client;
    this.#call = call;
    this.#ticket = call?.ticket;
    this.#room = statementRoomOf(client.core);
    this.#signal = eitherSignal(client.policy.signal, this.#abandoned.signal);
    this.#limits = { attemptTimeout: client.policy.attemptTimeout, signal: this.#signal.signal };
    this.#connection = new TransactionUnit(client, lease, this.#limits);
  }

  /** On whatever connection the transaction has come to. */
  get #lease(): Lease {
    return this.#connection.lease;
  }

  /** @throws Error when there is nothing to begin, because the ledger has the result of another transaction with the same key */
  async begin(
    isolationLevel: IsolationLevel | undefined,
    ledger: LedgerTransaction | undefined,
    deadline: number,
    start: AbortSignal | undefined,
  ): Promise<void> {
    const stopListening = start && onAbort(start, () => this.#abandoned.abort());
    try {
      start?.throwIfAborted();
      const checked = await ledger?.checkTable(this.#lease, deadline);
      const own = this.#connection.ownSide;
      const claim = await this.#connection.begin(async (until) => {
        // For the next transaction of this connection only.
        if (isolationLevel !== undefined) await sendPlain(own, `SET TRANSACTION ISOLATION LEVEL ${isolationLevel}`);
        await sendPlain(own, 'BEGIN');
        return checked?.claimToken(this.#lease, until);
      }, deadline);
      if (this.#ticket !== undefined) this.#ticket.claim = claim;
      if (claim?.kind === 'stored') throw new Error('The transaction has been committed before');
      this.#claim = claim;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      stopListening?.();
    }
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#guarded(() => queryRows(query, this.#send, this.#room));
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#guarded(() => countRows(query, this.#send, this.#room));
  }

  async createSavepoint(name: string): Promise<void> {
    await this.#guarded(() => sendPlain(this.#connection, `SAVEPOINT ${quoteName(name)}`));
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.#guarded(() => sendPlain(this.#connection, `ROLLBACK TO SAVEPOINT ${quoteName(name)}`));
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.#guarded(() => sendPlain(this.#connection, `RELEASE SAVEPOINT ${quoteName(name)}`));
  }

  /**
   * @throws the first failure that ended the transaction, if one did; OutcomeUnknownError, if COMMIT was sent and not answered
   */
  async commit(): Promise<void> {
    if (this.#ended) throw alreadyClosed();
    this.#ended = true;
    const { core, policy } = this.#client;
    let ended: { readonly thrown: unknown } | undefined;
    try {
      ended = await core.executor.run(openTransaction, policy, () => this.#commit());
    } catch (error) {
      throw toPrismaError(error);
    } finally {
      this.#end();
    }
    if (ended !== undefined) throw toPrismaError(ended.thrown);
  }

  async #commit(): Promise<{ readonly thrown: unknown } | undefined> {
    const unit = this.#connection;
    await unit.finish();
    const claim = this.#claim;
    let completed: CompletedClaim | undefined;
    try {
      if (unit.endedBy !== undefined) throw unit.endedBy.error;
      completed = await claim?.completeRow(this.#ticket?.encoded ?? claim.encodeResult(undefined));
    } catch (error) {
      await rollBackOn(this.#lease, unit.ownSide, this.#steps);
      return { thrown: error };
    }
    try {
      return await commitOn(this.#lease, unit.ownSide, this.#steps);
    } catch (error) {
      if (completed === undefined) throw error;
      await completed.settleCommit(error);
      return undefined;
    }
  }

  /** Never throws: what led here is what the caller has to see, and a connection that cannot roll back is destroyed, which does. */
  async rollback(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    // Its `timeout` has passed, or its client is disconnected: nobody is to wait for its locks any longer.
    if (this.#call?.callbackRuns === true) this.#abandoned.abort();
    // It waits for a statement that is still running, but not for ever.
    const timer = timers.setTimeout(() => this.#abandoned.abort(), this.#patience);
    await this.#connection.abandon();
    timers.clearTimeout(timer);
    await rollBackOn(this.#lease, this.#connection.ownSide, this.#steps);
    this.#abandoned.abort();
    this.#end();
  }

  #end(): void {
    this.#signal.release();
    this.#lease.release();
  }

  get #patience(): number {
    return this.#client.policy.liveness.pingTimeout;
  }

  readonly #send: Send = (method, sql, values) => this.#connection.run(method, sql, values);

  readonly #steps: EndSteps<LeaseClient> = {
    ...plainEnd,
    rollback: () =>
      this.#connection.send('query', 'ROLLBACK', undefined, { attemptTimeout: this.#patience, signal: undefined }),
  };

  /** @throws what {@link toPrismaError} makes of the failure, or of what had ended the transaction before */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) throw markEndedByPrisma(alreadyClosed());
    try {
      return await work();
    } catch (error) {
      if (this.#abandoned.signal.aborted) throw markEndedByPrisma(stillRunning(error));
      // The transaction was ended while the statement waited for its turn.
      if (this.#ended && isRefusal(error)) throw markEndedByPrisma(alreadyClosed());
      throw toPrismaError(await this.#judged(firstErrorBehind(error)));
    }
  }

  /** A statement that ends a transaction by itself (DDL) and got no answer leaves everybody in doubt about the whole. */
  async #judged(error: unknown): Promise<unknown> {
    if (classify(error).outcome !== 'unknown') return error;
    const { core, policy } = this.#client;
    return core.executor.run(openTransaction, policy, () => Promise.reject(error)).catch((judged: unknown) => judged);
  }
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

import { classify, type LedgerError, NotCommittedError, type OneTransactionPolicy } from '../../../src/internal.ts';
import type { Lease, StatementLimits } from '../pool/lease.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { decideKey } from './decide-settlement.ts';
import { checkLedger, forgetLedger, type LedgerFacts } from './ledger-check.ts';
import { missingTable, refusal, tryAgain } from './ledger-error.ts';
import { isDuplicate, isMissingTable, ledgerChange, ledgerRows, type SendSql, textOf } from './ledger-query.ts';
import { type LedgerStatements, ledgerStatements, refreshAfter, settleBefore } from './ledger-table.ts';
import { endSession, settle } from './settlement.ts';
import { decodeResult, encodeResult } from './stored-result.ts';
import { randomToken, type Token, tokenOfKey } from './token.ts';

/** What a transaction has written into the ledger, on which connection. */
interface Claim {
  readonly token: Token;
  readonly lease: Lease;
  /** Wall clock, when the row was about to be dated: a monotonic one stands still while a laptop or a function is frozen. */
  readonly datedAt: number;
}

/**
 * The part of a transaction that makes its end certain, from BEGIN to the answer of COMMIT or what takes its place. Each run of the callback
 * begins with `check()`.
 */
export class LedgerTransaction {
  readonly #use: PoolUse;
  readonly #statements: LedgerStatements;
  readonly #key: Token | undefined;
  #facts: LedgerFacts | undefined;
  #claim: Claim | undefined;
  #stored: { readonly result: unknown } | undefined;
  #callbackRuns = false;
  #json: string | undefined;

  constructor(use: PoolUse, { idempotencyKey }: Pick<OneTransactionPolicy, 'idempotencyKey'>) {
    this.#use = use;
    this.#statements = ledgerStatements(use.policy.ledgerTable);
    this.#key = idempotencyKey === undefined ? undefined : tokenOfKey(idempotencyKey);
  }

  /** What an earlier transaction with this key has left behind. The callback is not to run then. */
  get stored(): { readonly result: unknown } | undefined {
    return this.#stored;
  }

  /**
   * Before BEGIN. Asks the server once per pool, and then no more.
   *
   * @throws LedgerError when the ledger cannot be used
   */
  async check(lease: Lease, deadline: number): Promise<void> {
    this.#callbackRuns = false;
    this.#facts = await lease.prepare(() => checkLedger(this.#use.core, this.#table, this.#sendOn(lease, deadline)));
  }

  /**
   * After BEGIN, as the first statement. A transaction that begins again on another connection comes with another token: the first one may
   * still be held by a session that does not know yet that it is lost.
   *
   * @throws LedgerError; what the server or the connection failed with
   */
  async claim(lease: Lease, deadline: number): Promise<void> {
    const send = this.#sendOn(lease, deadline);
    const before = this.#claim?.lease;
    const token = randomToken();
    this.#claim = { token, lease, datedAt: Date.now() };
    try {
      // What the one before still holds would hold up this one as well.
      if (this.#key !== undefined && before?.hasEnded === true && before.isLost) {
        await endSession(this.#use.core, this.#use.policy, before, deadline);
      }
      await ledgerChange(
        send,
        this.#key === undefined ? this.#statements.claim(token) : this.#statements.claimKey(this.#key, token),
      );
    } catch (error) {
      if (isMissingTable(error)) {
        forgetLedger(this.#use.core, this.#table);
        throw missingTable(this.#table, error);
      }
      if (this.#key === undefined || !isDuplicate(error)) throw error;
      await this.#readStored(this.#key, send);
    }
  }

  /** Before the callback. */
  begun(): void {
    this.#callbackRuns = true;
  }

  /**
   * After the callback: what another call with the same key is to get. Sends nothing.
   *
   * @throws TypeError for a result that cannot be stored
   */
  keep(result: unknown): void {
    this.#json = this.#key === undefined ? undefined : this.#encode(result);
  }

  /**
   * Before COMMIT.
   *
   * @throws LedgerError when the callback has ended the transaction by itself; what the server or the connection failed with
   */
  async complete(): Promise<void> {
    const claim = this.#claimed;
    if (claim.lease.transactionEnd !== undefined) return;
    const send = this.#sendOn(claim.lease, Number.POSITIVE_INFINITY);
    if (claim.lease.transactionState === 'none') throw endedByItself();
    if (claim.lease.transactionState === 'unsure') {
      // The callback swallowed a lock wait timeout, which ends the transaction where innodb_rollback_on_timeout is set: COMMIT would
      // succeed at nothing.
      const [row] = await ledgerRows(send, this.#statements.read(claim.token));
      if (row === undefined) throw claim.lease.firstFailure?.error ?? endedByItself();
    }
    if (this.#key !== undefined) {
      if ((await ledgerChange(send, this.#statements.store(this.#key, this.#json))) !== 1) throw endedByItself();
    }
    if (Date.now() - claim.datedAt > refreshAfter) {
      this.#claim = { ...claim, datedAt: Date.now() };
      await ledgerChange(send, this.#statements.refresh(claim.token));
    }
  }

  /**
   * COMMIT was sent and not answered, or by an error that says nothing of it. Nothing else may use the connection any more.
   *
   * @returns when it was committed
   * @throws NotCommittedError when it was not and never will be; `error` when nobody can know
   */
  async settle(error: unknown): Promise<void> {
    const { core, policy } = this.#use;
    const { token, lease, datedAt } = this.#claimed;
    const startedAt = performance.now();
    lease.destroy('lost');
    const notAfter = (datedAt + settleBefore) / 1_000 + (this.#facts?.clockOffset ?? 0);
    const outcome = await settle(core, policy, this.#statements, { token, lost: lease, notAfter });
    if (outcome === 'committed') return;
    if (outcome === 'unknown') throw error;
    throw notCommitted(error, performance.now() - startedAt);
  }

  get #table(): string {
    return this.#use.policy.ledgerTable;
  }

  get #claimed(): Claim {
    if (this.#claim === undefined) throw new Error('the ledger is asked about a transaction that did not begin');
    return this.#claim;
  }

  #encode(result: unknown): string | undefined {
    const json = encodeResult(result);
    const longest = this.#facts?.longestResult ?? 0;
    if (json !== undefined && json.length > longest) {
      throw new TypeError(
        `Expected the result of a transaction with an \`idempotencyKey\` to have at most ${longest} bytes as JSON, so that it can be stored, got ${json.length}; nothing was committed`,
      );
    }
    return json;
  }

  /** The key is taken: its transaction was committed, and ours has done nothing yet. */
  async #readStored(key: Token, send: SendSql): Promise<void> {
    await send({ sql: 'ROLLBACK' });
    const [row] = await ledgerRows(send, this.#statements.read(key));
    const decision = decideKey(textOf(row?.[0]) ?? undefined);
    if (decision === 'again') throw tryAgain('The row of this `idempotencyKey` was deleted while it was looked at');
    if (decision === 'refuse') {
      throw refusal(
        'The transaction of this `idempotencyKey` has ended by itself, in the middle of its callback (by a statement that commits, such as DDL), so that nobody can know how much of it was applied. Nothing was executed now.',
      );
    }
    const stored = { result: decodeResult(textOf(row?.[1])) };
    this.#stored = stored;
    // Its first statement has already been sent, on a connection that was lost; there is no taking the callback back.
    if (this.#callbackRuns) throw tryAgain('Another transaction with this `idempotencyKey` was committed meanwhile');
  }

  /** Statements of the ledger are part of the transaction, and wait at most until `deadline`, on `performance.now()`'s clock. */
  #sendOn(lease: Lease, deadline: number): SendSql {
    const { attemptTimeout, signal } = this.#use.policy;
    return (sql) => {
      const left = Math.max(1, deadline - performance.now());
      const limit = Math.min(attemptTimeout ?? Number.POSITIVE_INFINITY, left);
      const limits: StatementLimits = { attemptTimeout: Number.isFinite(limit) ? limit : undefined, signal };
      return lease.run('query', sql, undefined, limits);
    };
  }
}

function endedByItself(): LedgerError {
  return refusal(
    'The callback has ended its transaction by itself (by COMMIT, ROLLBACK, or a statement that commits, such as DDL), so `exactlyOnce` has nothing to rest on. What it did before that may have been committed; what it did after that was not undone.',
  );
}

function notCommitted(error: unknown, elapsedMs: number): NotCommittedError {
  return new NotCommittedError(
    'COMMIT got no answer that says what became of it, and the ledger proves that the transaction was not committed and never will be',
    {
      failure: Object.freeze({
        kind: classify(error).kind,
        outcome: 'rolled-back',
        transient: true,
        invalidates: 'connection',
        endsTransaction: true,
        stillRunning: false,
        code: undefined,
        errno: undefined,
        reason: 'COMMIT got no answer that says what became of it, and its token was fenced',
      }),
      attempts: 1,
      elapsedMs,
      cause: error,
    },
  );
}

import type { Lease } from '../pool/lease.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import type { LedgerFacts } from './ledger-check.ts';
import { endedByItself, notCommitted } from './ledger-error.ts';
import { ledgerChange, ledgerRows, sendUntil } from './ledger-query.ts';
import { type LedgerStatements, refreshAfter, settleBefore } from './ledger-table.ts';
import { settleCommit } from './settlement.ts';
import { encodeResult } from './stored-result.ts';
import type { Token } from './token.ts';

/** What all steps of one transaction's part in the ledger work with. */
export interface LedgerContext {
  readonly use: PoolUse;
  /** That of the pool, where the table's name has none in front. */
  readonly database: string | undefined;
  readonly statements: LedgerStatements;
  /** Of the `idempotencyKey`, where there is one. */
  readonly key: Token | undefined;
}

/** What a transaction has written into the ledger, on which connection. */
export interface ClaimedRow {
  readonly token: Token;
  readonly lease: Lease;
  /** Wall clock, when the row was about to be dated: a monotonic one stands still while a laptop or a function is frozen. */
  readonly datedAt: number;
}

/** What another transaction with the same key has returned. */
export interface StoredResult {
  readonly result: unknown;
}

/** The claim of one run of a callback. It changes when the transaction begins again on another connection. */
export interface ClaimState {
  row: ClaimedRow;
  stored: StoredResult | undefined;
}

/** The result of a callback as another call with the same key is to get it: JSON of ASCII characters. */
export interface EncodedResult {
  readonly json: string | undefined;
}

/** The transaction has its row in the ledger: its callback may run. */
export class LedgerClaim {
  readonly kind = 'claimed';
  readonly #context: LedgerContext;
  readonly #facts: LedgerFacts;
  readonly #state: ClaimState;

  constructor(context: LedgerContext, facts: LedgerFacts, state: ClaimState) {
    this.#context = context;
    this.#facts = facts;
    this.#state = state;
  }

  /** What another transaction with this key has committed, where that is why this one could not begin again: it takes the result's place. */
  get stored(): StoredResult | undefined {
    return this.#state.stored;
  }

  /**
   * After the callback: what another call with the same key is to get. Sends nothing.
   *
   * @throws TypeError for a result that cannot be stored; LedgerError when the callback has ended the transaction by itself
   */
  encodeResult(result: unknown): EncodedResult {
    // Not a word about the result then: it is not for us any more to say that nothing was committed.
    const { lease } = this.#state.row;
    if (lease.transactionEnd === undefined && lease.transactionState === 'none') throw endedByItself();
    const json = this.#context.key === undefined ? undefined : encodeResult(result);
    const longest = this.#facts.longestResult;
    if (json !== undefined && json.length > longest) {
      throw new TypeError(
        `Expected the result of a transaction with an \`idempotencyKey\` to have at most ${longest} bytes as JSON, so that it can be stored, got ${json.length}; nothing was committed`,
      );
    }
    return { json };
  }

  /**
   * Before COMMIT. Sends nothing where the server has ended the transaction: there is nothing left to commit then.
   *
   * @throws LedgerError when the callback has ended the transaction by itself; what the server or the connection failed with
   */
  async completeRow({ json }: EncodedResult): Promise<CompletedClaim> {
    const { use, statements, key } = this.#context;
    const { environment } = use.core;
    const { row } = this.#state;
    const { lease } = row;
    const completed = new CompletedClaim(this.#context, this.#facts, this.#state);
    if (lease.transactionEnd !== undefined) return completed;
    const send = sendUntil(lease, Number.POSITIVE_INFINITY, use.policy, environment, use.timeout);
    if (lease.transactionState === 'none' || !lease.isWhole) throw endedByItself();
    if (lease.transactionState === 'unsure') {
      // The callback swallowed a lock wait timeout, which ends the transaction where innodb_rollback_on_timeout is set: COMMIT would
      // succeed at nothing.
      const [found] = await ledgerRows(send, statements.read(row.token));
      if (found === undefined) throw lease.firstFailure?.error ?? endedByItself();
    }
    if (key !== undefined && (await ledgerChange(send, statements.store(key, json))) !== 1) throw endedByItself();
    if (environment.wallClock() - row.datedAt > refreshAfter) {
      this.#state.row = { ...row, datedAt: environment.wallClock() };
      await ledgerChange(send, statements.refresh(row.token));
    }
    return completed;
  }
}

/** All that the ledger needs is written: COMMIT may be sent, and can be settled. */
export class CompletedClaim {
  readonly #context: LedgerContext;
  readonly #facts: LedgerFacts;
  readonly #state: ClaimState;

  constructor(context: LedgerContext, facts: LedgerFacts, state: ClaimState) {
    this.#context = context;
    this.#facts = facts;
    this.#state = state;
  }

  /**
   * COMMIT was sent and not answered, or by an error that says nothing of it. Nothing else may use the connection any more.
   *
   * @returns when it was committed
   * @throws NotCommittedError when it was not and never will be; `error` when nobody can know
   */
  async settleCommit(error: unknown): Promise<void> {
    const { use, statements } = this.#context;
    const { now } = use.core.environment;
    const { token, lease, datedAt } = this.#state.row;
    const startedAt = now();
    lease.destroy('lost');
    const notAfter = (datedAt + settleBefore) / 1_000 + this.#facts.clockOffset;
    const outcome = await settleCommit(use, statements, { token, lost: lease, notAfter });
    if (outcome === 'committed') return;
    if (outcome === 'unknown') throw error;
    throw notCommitted(error, now() - startedAt);
  }
}

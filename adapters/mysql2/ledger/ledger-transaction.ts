import type { OneTransactionPolicy } from '../../../src/internal.ts';
import type { Lease } from '../pool/lease.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { decideKey } from './decide-settlement.ts';
import { checkLedger, forgetLedger, type LedgerFacts } from './ledger-check.ts';
import { type ClaimState, LedgerClaim, type LedgerContext, type StoredResult } from './ledger-claim.ts';
import { ledgerDatabase } from './ledger-database.ts';
import { keyEndedByItself, missingTable, tryAgain } from './ledger-error.ts';
import {
  isDuplicate,
  isMissingTable,
  ledgerChange,
  ledgerRows,
  type SendSql,
  sendUntil,
  textOf,
} from './ledger-query.ts';
import { ledgerStatements } from './ledger-table.ts';
import { endSession } from './settlement.ts';
import { decodeResult } from './stored-result.ts';
import { randomToken, type Token, tokenOfKey } from './token.ts';

/**
 * The part of a transaction that makes its end certain, from BEGIN to the answer of COMMIT or what takes its place. Each step hands out the
 * next: `checkTable()`, BEGIN, `claimToken()`, the callback, `completeRow()`, COMMIT, and `settleCommit()` where COMMIT got no answer.
 */
export class LedgerTransaction {
  readonly #use: PoolUse;
  readonly #key: Token | undefined;
  #checked: CheckedLedger | undefined;

  constructor(use: PoolUse, { idempotencyKey }: Pick<OneTransactionPolicy, 'idempotencyKey'>) {
    this.#use = use;
    this.#key = idempotencyKey === undefined ? undefined : tokenOfKey(idempotencyKey);
  }

  /**
   * Before BEGIN, for each run of the callback. Asks the server once per pool, and then no more.
   *
   * @param deadline on the pool's monotonic clock
   * @throws LedgerError when the ledger cannot be used
   */
  async checkTable(lease: Lease, deadline: number): Promise<CheckedLedger> {
    const use = this.#use;
    const table = use.policy.ledgerTable;
    const database = await ledgerDatabase(use, table, deadline);
    const facts = await lease.prepare(() =>
      checkLedger(use, database, sendUntil(lease, deadline, use.policy, use.core.environment, use.timeout)),
    );
    const context = { use, database, statements: ledgerStatements(table, database), key: this.#key };
    this.#checked = new CheckedLedger(context, facts, this.#checked?.lastLease);
    return this.#checked;
  }
}

/** The key is taken: its transaction was committed, and the callback is not to run. */
export interface StoredClaim {
  readonly kind: 'stored';
  readonly stored: StoredResult;
}

/** The ledger can be relied on: the transaction may begin. */
export class CheckedLedger {
  readonly #context: LedgerContext;
  readonly #facts: LedgerFacts;
  /** From when the first claim has succeeded. */
  #state: ClaimState | undefined;
  #lastLease: Lease | undefined;

  /** @param lastLease the connection that the run of the callback before this one has claimed on */
  constructor(context: LedgerContext, facts: LedgerFacts, lastLease: Lease | undefined) {
    this.#context = context;
    this.#facts = facts;
    this.#lastLease = lastLease;
  }

  get lastLease(): Lease | undefined {
    return this.#lastLease;
  }

  /**
   * After each BEGIN, as the first statement. A transaction that begins again on another connection claims with another token: the first one
   * may still be held by a session that does not know yet that it is lost. What was claimed before is then the claim of the new connection.
   *
   * @param deadline on the pool's monotonic clock
   * @returns the claim, or what an earlier transaction with this key has left behind
   * @throws LedgerError, also when the key was taken while the callback runs already: `stored` of the claim has its result then; what the
   *   server or the connection failed with
   */
  async claimToken(lease: Lease, deadline: number): Promise<LedgerClaim | StoredClaim> {
    const { use, statements, key } = this.#context;
    const { environment } = use.core;
    const before = this.#lastLease;
    const running = this.#state;
    const row = { token: randomToken(), lease, datedAt: environment.wallClock() };
    const send = sendUntil(lease, deadline, use.policy, environment, use.timeout);
    this.#lastLease = lease;
    // Whatever becomes of the new one: the old row is not to be completed any more.
    if (running !== undefined) running.row = row;
    try {
      // What the one before still holds would hold up this one as well.
      if (key !== undefined && before?.hasEnded === true && before.isLost) {
        await endSession(use, before, deadline);
      }
      await ledgerChange(send, key === undefined ? statements.claim(row.token) : statements.claimKey(key, row.token));
    } catch (error) {
      if (isMissingTable(error)) {
        forgetLedger(use);
        throw missingTable(use.policy.ledgerTable, this.#context.database, error);
      }
      if (key === undefined || !isDuplicate(error)) throw error;
      const stored = await this.#readStored(key, send);
      if (running === undefined) return { kind: 'stored', stored };
      // Its first statement has already been sent, on a connection that was lost; there is no taking the callback back.
      running.stored = stored;
      throw tryAgain('Another transaction with this `idempotencyKey` was committed meanwhile');
    }
    this.#state ??= { row, stored: undefined };
    return new LedgerClaim(this.#context, this.#facts, this.#state);
  }

  /** The key is taken: its transaction was committed, and ours has done nothing yet. */
  async #readStored(key: Token, send: SendSql): Promise<StoredResult> {
    await send({ sql: 'ROLLBACK' });
    const [row] = await ledgerRows(send, this.#context.statements.read(key));
    const decision = decideKey(textOf(row?.[0]) ?? undefined);
    if (decision === 'again') throw tryAgain('The row of this `idempotencyKey` was deleted while it was looked at');
    if (decision === 'refuse') throw keyEndedByItself();
    return { result: decodeResult(textOf(row?.[1])) };
  }
}

import type { Failure } from '../../../src/internal.ts';
import type { LedgerState } from './ledger-table.ts';

/** What the server said to the attempt to put `fenced` in the place of a token whose COMMIT had no answer. */
export type SettlementAnswer =
  /** The row is there now, committed. */
  | { readonly kind: 'inserted' }
  /** The token was taken. What its row says; undefined where it was gone when it was read. */
  | { readonly kind: 'duplicate'; readonly state: string | undefined }
  /** Somebody has the token and has not ended yet (1205). */
  | { readonly kind: 'lock-wait' }
  /** It is too late: rows of that age may have been pruned. */
  | { readonly kind: 'expired' }
  /** Anything else. */
  | { readonly kind: 'failed'; readonly failure: Pick<Failure, 'transient' | 'outcome'> };

/**
 * - `committed`: the transaction was committed, and stays so.
 * - `rolled-back`: it was not, and never will be.
 * - `fence`: its session still holds the token. End the session, and ask again: not the KILL is the proof, but the row.
 * - `again`: nothing was learned.
 * - `unknown`: nothing can be learned.
 */
export type SettlementDecision = 'committed' | 'rolled-back' | 'fence' | 'again' | 'unknown';

/**
 * What an answer proves about the transaction in doubt. Pure; the model in `test/model` explores the protocol with this very function.
 *
 * A row that is inserted proves that the transaction had ended without its own: it wrote that before anything else, and its answer was
 * there before COMMIT was sent. A duplicate proves nothing by itself: it may be what an earlier settlement, whose answer was lost, has
 * inserted.
 */
export function decideSettlement(answer: SettlementAnswer): SettlementDecision {
  switch (answer.kind) {
    case 'inserted':
      return 'rolled-back';
    case 'duplicate':
      if (answer.state === undefined) return 'again';
      return decideByState(answer.state as LedgerState);
    case 'lock-wait':
      return 'fence';
    case 'expired':
      return 'unknown';
    case 'failed':
      return answer.failure.transient || answer.failure.outcome === 'unknown' ? 'again' : 'unknown';
    default:
      return answer satisfies never;
  }
}

function decideByState(state: LedgerState): SettlementDecision {
  if (state === 'committed') return 'committed';
  // The rows of keys are no attempts, and what else may stand there was not written by this package.
  return state === 'fenced' ? 'rolled-back' : 'unknown';
}

/**
 * - `stored`: a transaction with this key was committed; its result is there.
 * - `again`: the row was gone when it was read: pruned.
 * - `refuse`: a row that this package leaves behind in no such place.
 */
export type KeyDecision = 'stored' | 'again' | 'refuse';

/** What it means that a key is taken, by what its row says. Pure. Keys are never fenced: only attempts are. */
export function decideKey(state: string | undefined): KeyDecision {
  if (state === undefined) return 'again';
  return state === ('result' satisfies LedgerState) ? 'stored' : 'refuse';
}

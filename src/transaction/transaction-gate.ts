/**
 * Who may send what in a transaction, from its BEGIN to its end. Pure: it is told what happened, and says what to do. `test/model` explores
 * it with every order of calls, answers, failures and ends.
 *
 * One statement is on the wire at a time, in the order of the calls. When the callback returns or throws, what it has called before is still
 * sent, as on a bare connection, and COMMIT or ROLLBACK after that. What is called later is not sent, nor is what waits when the server ends
 * the transaction: it would run in autocommit mode behind it, and stay.
 */
export interface GateState {
  /**
   * - `beginning`: BEGIN has no answer yet, for the first time or on another connection; statements wait.
   * - `open`: statements are sent.
   * - `checking`: the server is being asked whether the transaction is still open; statements wait.
   * - `ended`: it is gone, or its connection is; the callback goes on.
   * - `over`: nothing is under way any more, and its end may be written.
   */
  readonly phase: 'beginning' | 'open' | 'checking' | 'ended' | 'over';
  /** What was begun is still what is open, and nothing of it can have been committed. */
  readonly isWhole: boolean;
  /** Nothing of the user's was executed in it, so that it may begin again on another connection. */
  readonly isUntouched: boolean;
  /** The transaction may be gone since an error that does not tell. */
  readonly isUnsure: boolean;
  /** How the callback has ended. */
  readonly callback: 'running' | 'returned' | 'threw';
  /** The statement on the wire. */
  readonly running: number | undefined;
  /** The statements that wait, in the order of their calls. */
  readonly waiting: readonly number[];
}

/**
 * What a failed statement says of its transaction.
 *
 * - `not-executed`: nothing of the user's was executed on this connection, and it is of no more use.
 * - `statement`: only this statement failed.
 * - `unsure`: the transaction may be gone with it.
 * - `ended`: the transaction is gone.
 */
export type StatementFailure = 'not-executed' | 'statement' | 'unsure' | 'ended';

export type GateEvent =
  | { readonly type: 'begun' }
  /** It could not begin, or not again. */
  | { readonly type: 'not-begun' }
  | { readonly type: 'called'; readonly id: number }
  /** @see {@link StatementEffect} */
  | ({ readonly type: 'answered' } & StatementEffect)
  | { readonly type: 'failed'; readonly as: StatementFailure; readonly mayCommit: boolean }
  | { readonly type: 'checked'; readonly isOpen: boolean }
  | { readonly type: 'returned' }
  | { readonly type: 'threw' };

/** What became of the transaction by a statement that was answered. */
export interface StatementEffect {
  /** The server says that a transaction is open. */
  readonly isOpen: boolean;
  /** The statement may have committed by itself (DDL, CALL, COMMIT ...), and the open transaction may be another one. */
  readonly mayCommit: boolean;
}

export type GateAction =
  | { readonly do: 'send'; readonly id: number }
  /** It was not sent, and will not be. */
  | { readonly do: 'refuse'; readonly id: number }
  /** Begin on another connection; the first of those that wait is the statement that was not executed. */
  | { readonly do: 'begin-again' }
  /** Ask the server whether a transaction is open. */
  | { readonly do: 'check' }
  /** Write COMMIT, or ROLLBACK. */
  | { readonly do: 'commit' | 'roll-back' };

export interface GateStep {
  readonly state: GateState;
  readonly actions: readonly GateAction[];
}

const nobody: readonly number[] = Object.freeze([]);

/** A transaction whose BEGIN is about to be sent. */
export const newGate: GateState = Object.freeze({
  phase: 'beginning',
  isWhole: true,
  isUntouched: true,
  isUnsure: false,
  callback: 'running',
  running: undefined,
  waiting: nobody,
});

export function stepGate(state: GateState, event: GateEvent): GateStep {
  switch (event.type) {
    case 'begun':
      return proceed({ ...state, phase: 'open' });
    case 'not-begun':
      return endTransaction(state);
    case 'called':
      if (state.callback !== 'running' || state.phase === 'ended') return { state, actions: [refusal(event.id)] };
      return proceed({ ...state, waiting: state.waiting.length === 0 ? [event.id] : [...state.waiting, event.id] });
    case 'answered':
      return proceed({
        ...state,
        running: undefined,
        isUntouched: false,
        isUnsure: false,
        isWhole: state.isWhole && event.isOpen && !event.mayCommit,
      });
    case 'failed':
      return takeFailure(state, event.as, event.mayCommit);
    case 'checked':
      return event.isOpen ? proceed({ ...state, phase: 'open', isUnsure: false }) : endTransaction(state);
    case 'returned':
      return proceed({ ...state, callback: 'returned' });
    case 'threw':
      return proceed({ ...state, callback: 'threw' });
    default:
      return event satisfies never;
  }
}

function takeFailure(state: GateState, failure: StatementFailure, mayCommit: boolean): GateStep {
  const after = { ...state, running: undefined };
  if (failure === 'not-executed') {
    // Nobody waits for it any more once the callback has failed.
    if (!state.isUntouched || state.callback === 'threw' || state.running === undefined) return endTransaction(after);
    const waiting = [state.running, ...state.waiting];
    return { state: { ...after, phase: 'beginning', waiting }, actions: [{ do: 'begin-again' }] };
  }
  const touched = { ...after, isUntouched: false, isWhole: state.isWhole && !mayCommit };
  if (failure === 'ended') return endTransaction(touched);
  return proceed({ ...touched, isUnsure: state.isUnsure || failure === 'unsure' });
}

function endTransaction(state: GateState): GateStep {
  const step = proceed({ ...state, phase: 'ended', waiting: [] });
  return { state: step.state, actions: [...state.waiting.map(refusal), ...step.actions] };
}

function refusal(id: number): GateAction {
  return { do: 'refuse', id };
}

/** Does what is due now: at most one thing, for until it is done everything else waits. */
function proceed(state: GateState): GateStep {
  const { phase, callback, running, waiting } = state;
  const isDue = phase === 'ended' || (phase === 'open' && running === undefined);
  if (!isDue) return { state, actions: [] };
  const next = waiting[0];
  if (next === undefined && callback === 'running') return { state, actions: [] };
  if (phase === 'ended' || (callback === 'threw' && next === undefined)) return finish(state, 'roll-back');
  if (state.isUnsure) return { state: { ...state, phase: 'checking' }, actions: [{ do: 'check' }] };
  if (next === undefined) return finish(state, 'commit');
  return { state: { ...state, running: next, waiting: behindFirst(waiting) }, actions: [{ do: 'send', id: next }] };
}

function behindFirst(waiting: readonly number[]): readonly number[] {
  return waiting.length === 1 ? nobody : waiting.slice(1);
}

function finish(state: GateState, how: 'commit' | 'roll-back'): GateStep {
  return { state: { ...state, phase: 'over' }, actions: [{ do: how }] };
}

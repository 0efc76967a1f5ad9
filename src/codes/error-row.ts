import type { FailureKind, Invalidates } from '../failure.ts';

/**
 * What an error proves when nothing better is known.
 *
 * - `not-executed`: the server refused before it executed anything.
 * - `statement-rolled-back`: this statement was undone; an enclosing transaction is still open.
 * - `transaction-rolled-back`: the whole transaction was undone.
 * - `unknown`: the statement may have been executed.
 * - `permanent`: somebody's decision or somebody's mistake; trying again is not ours to do.
 */
export type Proof = 'not-executed' | 'statement-rolled-back' | 'transaction-rolled-back' | 'unknown' | 'permanent';

export interface ErrorRow {
  /** Server or client error numbers. */
  readonly errno?: readonly number[];
  /** Driver or system codes. */
  readonly code?: readonly string[];
  /**
   * Where neither tells it apart: the message must match as well. Alone, with no number and no code, it is held only against errors that were
   * made on this side: the words of a server may be somebody's data.
   */
  readonly text?: RegExp;
  /**
   * The row holds only while connecting, only once connected, only of a statement on its own that is not to blame for its session, or only of one that
   * says itself how long it waits for a lock.
   */
  readonly when?: 'connecting' | 'connected' | 'alone' | 'limited';
  readonly proof: Proof;
  readonly kind: FailureKind;
  readonly invalidates: Invalidates;
  /** Where the claim comes from. */
  readonly source: string;
}

/**
 * When in the life of a statement an error comes.
 *
 * - `connecting`: no session was established.
 * - `unsent`: this side knows that it sent nothing.
 * - `refused`: the server refused it before it executed anything.
 * - `lock`: the server ended a wait for a lock.
 * - `conflict`: the server undid it, because it met other work.
 * - `stopped`: it was stopped on purpose, or by a limit that somebody set.
 * - `unanswered`: it was sent, and no full answer came.
 * - `outOfStep`: an answer came that belongs to something else.
 */
export type RowGroup = (typeof rowGroups)[number];

/** In the order in which they win: an error that comes earlier in the life of a statement proves more. */
export const rowGroups = [
  'connecting',
  'unsent',
  'refused',
  'lock',
  'conflict',
  'stopped',
  'unanswered',
  'outOfStep',
] as const;

/** The rows of one origin. Within a group the first row that matches wins, so the particular stands before the general. */
export type RowsByGroup = { readonly [G in RowGroup]?: readonly ErrorRow[] };

import { findInnerStatement } from './set-rules.ts';
import { modesFor, type Token } from './sql-lexer.ts';
import { countStatements, findFirstWord, firstWordOf, tokensFrom } from './statement-text.ts';
import { effectOf, isNeutralVerb, isSessionVerb, unknownEffect, type VerbEffect } from './verb-effects.ts';

/** Longer texts are not read to their end, so that the time this takes has a bound. In UTF-16 code units. */
const MAX_LENGTH = 1_048_576;

/** What a statement is, as far as its text says. In doubt, whatever keeps gone-away from sending something again. */
export interface StatementKind extends Omit<VerbEffect, 'mayCommit'> {
  /**
   * The word that it begins with, in upper case; of `SET STATEMENT ... FOR`, that of the statement behind it; ANALYZE for EXPLAIN ANALYZE, which executes.
   * '' where it cannot be known.
   */
  readonly verb: string;
  /** More than one statement, or nobody knows. Without `multipleStatements` the server refuses such a text as a whole. */
  readonly isSeveral: boolean;
  /** Whatever becomes of it, it leaves the transaction that it runs in uncommitted. Only then does losing its connection undo that transaction. */
  readonly leavesUncommitted: boolean;
  /** It begins with COMMIT, so that an error of it may be one of a transaction that is committed. */
  readonly isCommit: boolean;
}

export interface StatementKindOptions {
  /** The connection allows more than one statement in a text. */
  readonly multipleStatements: boolean;
}

/**
 * Reads what kind of statement this is. Comments and strings are what they are to the server, under whatever `sql_mode`; executable comments are code that
 * nobody reads here. Takes linear time, and next to none for a text with neither a semicolon nor `/*!` that begins with a common verb.
 *
 * What the text does not show: `completion_type`, which lets COMMIT begin another transaction, and `autocommit = 0`, with which each statement may.
 *
 * Sources, in the manuals of MySQL and MariaDB: "Statements That Cause an Implicit Commit", "START TRANSACTION, COMMIT, and ROLLBACK", "Comments",
 * "SET STATEMENT".
 */
export function readStatementKind(sql: string, { multipleStatements }: StatementKindOptions): StatementKind {
  const whole = sql.length <= LONGEST_WHOLE ? wholeKinds.get(sql) : undefined;
  if (whole !== undefined) return whole;
  const common = commonKinds.get(firstWordOf(sql));
  const count = readCount(sql, multipleStatements);
  if (common !== undefined && count === 'one') return common;

  if (count === 'one') return readOneStatement(sql);
  const beginning = readBeginning(sql);
  const verb = count === 'unknown' ? '' : (beginning?.text ?? '');
  return kindOf(verb, unknownEffect, { isSeveral: true, isCommit: beginning?.text === 'COMMIT' });
}

function readOneStatement(sql: string): StatementKind {
  const beginning = readBeginning(sql);
  if (beginning === undefined) return kindOf('', unknownEffect, { isSeveral: false, isCommit: false });
  const effect = effectOf(beginning.text, sql, beginning.end);
  const isCommit = beginning.text === 'COMMIT';
  return kindOf(verbOfBeginning(sql, beginning), effect, { isSeveral: false, isCommit });
}

/** The verb alone, without a look at the rest: for a text that the server takes for one statement, if it takes it at all. */
export function verbOf(sql: string): string {
  const beginning = readBeginning(sql);
  return beginning === undefined ? '' : verbOfBeginning(sql, beginning);
}

/** False for nearly all statements, by their first word alone. Otherwise {@link readStatementKind} knows. */
export function mayBeSessionBound(sql: string): boolean {
  return isSessionVerb(firstWordOf(sql));
}

/**
 * Whether it may end the transaction that it runs in. Answered by the first word of nearly all statements; the others are read by
 * {@link readStatementKind}.
 */
export function mayEndTransaction(sql: string, { multipleStatements }: StatementKindOptions): boolean {
  const mayBeSeveral = multipleStatements && sql.includes(';');
  if (!mayBeSeveral && isNeutralVerb(firstWordOf(sql))) return false;
  return readStatementKind(sql, { multipleStatements }).endsTransaction;
}

/** Without semicolons and blanks at its end. By hand: a pattern tries every run of blanks in the text from each of its characters. */
export function stripFinalSemicolons(sql: string): string {
  let end = sql.length;
  while (end > 0 && /[ \t\n\v\f\r;]/.test(sql.charAt(end - 1))) end -= 1;
  return sql.slice(0, end);
}

function kindOf(
  verb: string,
  { mayCommit, ...effect }: VerbEffect,
  rest: Pick<StatementKind, 'isSeveral' | 'isCommit'>,
): StatementKind {
  return { verb, ...effect, ...rest, leavesUncommitted: !mayCommit };
}

/** Of the verbs that say it all: nothing is made for each statement. */
const commonKinds: ReadonlyMap<string, StatementKind> = new Map(
  ['SELECT', 'WITH', 'TABLE', 'VALUES', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'SHOW'].map((verb) => [
    verb,
    Object.freeze(kindOf(verb, effectOf(verb, verb, verb.length), { isSeveral: false, isCommit: false })),
  ]),
);

/** What begins and ends nearly all transactions, and is asked for each time. */
const wholeTexts = ['BEGIN', 'START TRANSACTION', 'COMMIT', 'ROLLBACK'];
const LONGEST_WHOLE = Math.max(...wholeTexts.map(({ length }) => length));
const wholeKinds: ReadonlyMap<string, StatementKind> = new Map(
  [...wholeTexts, ...wholeTexts.map((text) => text.toLowerCase())].map((text) => [
    text,
    Object.freeze(readOneStatement(text)),
  ]),
);

type Beginning = Pick<Token, 'text' | 'end'>;

/** The first word of the statement that does the work: behind MariaDB's SET STATEMENT, in which there may be another one. */
export function readBeginning(sql: string): Beginning | undefined {
  let beginning = findFirstWord(sql);
  for (let nested = 0; beginning?.text === 'SET'; nested += 1) {
    const [next] = tokensFrom(sql, beginning.end);
    if (next?.kind !== 'word' || next.text !== 'STATEMENT') return beginning;
    // Each reads on through the strings of those behind it.
    const inner = nested < 8 && sql.length <= MAX_LENGTH ? findInnerStatement(sql, next.end) : undefined;
    beginning = inner === undefined ? undefined : findFirstWord(sql, inner);
  }
  return beginning;
}

function verbOfBeginning(sql: string, { text, end }: Beginning): string {
  if (text !== 'EXPLAIN' && text !== 'DESCRIBE' && text !== 'DESC') return text;
  const [next] = tokensFrom(sql, end);
  return next?.kind === 'word' && next.text === 'ANALYZE' ? 'ANALYZE' : text;
}

/** In nearly all texts, what could make them several, or hide code, does not even stand in a string. */
function readCount(sql: string, multipleStatements: boolean): 'one' | 'several' | 'unknown' {
  const text = multipleStatements && sql.includes(';') ? stripFinalSemicolons(sql) : sql;
  const mayBeSeveral = multipleStatements && text.includes(';');
  if (!mayBeSeveral && !sql.includes('/*!') && !sql.includes('/*M!')) return 'one';
  if (sql.length > MAX_LENGTH) return 'unknown';
  const counts = modesFor(text).map((mode) => countStatements(text, mode));
  if (counts.some((count) => count === undefined || count.hasExecutableComment)) return 'unknown';
  return multipleStatements && counts.some((count) => count?.isSeveral) ? 'several' : 'one';
}

import { type LexicalMode, type Token, tokenize } from '../../../src/internal.ts';
import type { Parameter } from './parameter.ts';
import { isPlainText, literalOf } from './text-literal.ts';

/** A statement with its values in its text, or why it cannot be written that way with certainty. */
export type StatementText = { readonly sql: string } | { readonly refused: string };

/** Of the session's `sql_mode` nothing is known here: all ways to read quotes and backslashes. Without backslashes, "..." ends in one place. */
const modes: readonly LexicalMode[] = [
  { backslashEscapes: true, ansiQuotes: false },
  { backslashEscapes: true, ansiQuotes: true },
  { backslashEscapes: false, ansiQuotes: false },
];

const ambiguous = 'its SQL cannot be read with certainty';

/**
 * Writes the parameters of a statement into its text, for a server that cannot prepare it.
 *
 * No value can become SQL, whatever the session's `sql_mode` and charset: each is written with digits and letters alone, or as a quoted text
 * of printable ASCII without quotes and backslashes. Takes linear time.
 */
export function writeStatement(sql: string, parameters: readonly Parameter[]): StatementText {
  if (parameters.length === 0) return { sql };
  const [first, ...others] = (/["\\]/.test(sql) ? modes : modes.slice(0, 1)).map((mode) => tokenize(sql, mode));
  if (first === undefined) return { refused: ambiguous };
  const places = first.filter(({ kind }) => kind === 'placeholder');
  for (const tokens of others) {
    if (tokens === undefined || !samePlaces(places, tokens)) return { refused: ambiguous };
  }
  if (places.some(({ text }) => text !== '?')) return { refused: ambiguous };
  if (places.length !== parameters.length) {
    return { refused: `it has ${places.length} placeholders for ${parameters.length} values` };
  }

  const quotes = mayQuote(sql, first) && parameters.every((value) => typeof value !== 'string' || isPlainText(value));
  let text = '';
  let end = 0;
  for (const [index, place] of places.entries()) {
    const literal = literalOf(parameters[index] ?? null, quotes);
    if (literal === undefined) return { refused: `its value ${index + 1} has no form in SQL` };
    text += `${sql.slice(end, place.start)} ${literal} `;
    end = place.end;
  }
  return { sql: text + sql.slice(end) };
}

function samePlaces(places: readonly Token[], tokens: readonly Token[]): boolean {
  const others = tokens.filter(({ kind }) => kind === 'placeholder');
  return others.length === places.length && others.every(({ start }, index) => start === places[index]?.start);
}

/**
 * Whether a quoted text stands for itself. Not in SQL outside ASCII, which the server may read in another charset than the one it was sent in.
 * Not beside another text, which would be joined to it.
 */
function mayQuote(sql: string, tokens: readonly Token[]): boolean {
  if (!/^[\0-\x7f]*$/.test(sql)) return false;
  return tokens.every(({ kind }, index) => kind !== 'placeholder' || !isBesideText(tokens, index));
}

function isBesideText(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.kind === 'quoted' || tokens[index + 1]?.kind === 'quoted';
}

import { type FunctionName, formatFunctionName, hasKnownEffects } from './function-names.ts';
import { findUnreadable, type LexicalMode } from './sql-lexer.ts';

/** What keeps a read from being safe, and where that stands in its text. */
export interface ReadHazard {
  /** 0 where it is no single place. */
  readonly at: number;
  /** The end of a sentence. Names of the statement may stand in it, values never. */
  readonly why: string;
  readonly function?: string;
}

/** @param called undefined for one that cannot be told from a text in quotes */
export function callOf(at: number, called: FunctionName | undefined): ReadHazard {
  if (called === undefined) return { at, why: 'it calls something that is not known to be free of effects' };
  const name = formatFunctionName(called);
  const what = hasKnownEffects(called)
    ? 'has effects, or tells of those of earlier statements'
    : 'is not known to be free of effects (see `safeFunctions`)';
  return { at, why: `it calls ${name}(), which ${what}`, function: name };
}

/** @param word a function of the server, which has to be followed by its parenthesis at once */
export function spacedCall(at: number, word: string): ReadHazard {
  return {
    at,
    why: `it has a blank between ${word} and its parenthesis, so that ${word} may be a function of your own`,
  };
}

/** @param name in upper case */
export function earlierState(at: number, name: string): ReadHazard {
  return { at, why: `it reads ${name}, which is what earlier statements of its session have left` };
}

export function unknownVariable(at: number): ReadHazard {
  return { at, why: 'it reads a variable of the server that gone-away does not know' };
}

export function clause(at: number, words: string): ReadHazard {
  return { at, why: `it has ${words} in it` };
}

/** Of a text that {@link tokenize} does not read. */
export function unreadable(sql: string, mode: LexicalMode): ReadHazard {
  const at = findUnreadable(sql, mode);
  return at === undefined ? { at: 0, why: uncertain } : { at, why: describeUnreadable(sql.slice(at, at + 3)) };
}

function describeUnreadable(text: string): string {
  if (text.startsWith('@@')) return unknownVariable(0).why;
  if (text.startsWith('@')) return 'it has a variable of the session in it';
  if (text.startsWith(':=')) return 'it sets a variable of the session';
  if (/^\/\*[Mm]?!/.test(text)) return 'it has an executable comment in it';
  if (text === '/*+') return 'it has a hint in it that may do more than speed it up';
  return uncertain;
}

const uncertain = 'its text cannot be read with certainty';

/** The session's `sql_mode` is not known, and decides where strings end: what is code under one may be a value under another. */
export const dependsOnMode: ReadHazard = {
  at: 0,
  why: 'what it does depends on the sql_mode of its session, by its quotes or backslashes',
};

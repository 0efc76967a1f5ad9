import { EXECUTABLE_COMMENT, type Lexeme, type LexicalMode, matchEnd, readLexeme, type Token } from './sql-lexer.ts';

/** Where nobody looks into strings, nothing depends on the mode. */
const anyMode: LexicalMode = { backslashEscapes: true, ansiQuotes: false };

/** What most statements begin with. */
const FIRST_WORD = /[ \t\n\v\f\r(]*([A-Za-z_][A-Za-z0-9_$]*)/y;

/**
 * The word that a statement begins with, behind blanks, comments and parentheses; undefined where something else stands there. Looks no further.
 */
export function findFirstWord(sql: string, from = 0): Pick<Token, 'text' | 'start' | 'end'> | undefined {
  FIRST_WORD.lastIndex = from;
  const found = FIRST_WORD.exec(sql)?.[1];
  if (found !== undefined) {
    const end = FIRST_WORD.lastIndex;
    return { text: found.toUpperCase(), start: end - found.length, end };
  }
  for (let start = from; start < sql.length; ) {
    const lexeme = readLexeme(sql, start, anyMode);
    if (lexeme?.kind === 'word') {
      // In a comment in front: the server may end it there.
      if (sql.slice(from, start).includes('\0')) return undefined;
      return { text: sql.slice(start, lexeme.end).toUpperCase(), start, end: lexeme.end };
    }
    if (lexeme?.kind !== 'blank' && sql.charAt(start) !== '(') return undefined;
    start = lexeme?.end ?? start;
  }
  return undefined;
}

/** The word of {@link findFirstWord}, in upper case; '' where there is none. Asked for each statement: one with nothing in front takes no pattern. */
export function firstWordOf(sql: string): string {
  let end = 0;
  while (isLetter(sql.charCodeAt(end))) end += 1;
  if (end > 0 && sql.charCodeAt(end) === SPACE) return sql.slice(0, end).toUpperCase();
  return findFirstWord(sql)?.text ?? '';
}

const SPACE = 0x20;

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/**
 * Tokens from `from` on, as far as somebody asks for them. What `tokenize()` will not read and hides no code (`@`, `{`, a letter outside ASCII)
 * is a symbol. A symbol without text is the last one: an unterminated string or comment, an executable comment,
 * a number that goes on as a name, NUL.
 */
export function* tokensFrom(sql: string, from: number, mode: LexicalMode = anyMode): Generator<Token, void> {
  for (let start = from; start < sql.length; ) {
    const lexeme = readLexeme(sql, start, mode) ?? readOddSymbol(sql, start);
    if (lexeme === undefined) return yield { kind: 'symbol', text: '', start, end: sql.length };
    const { kind, end } = lexeme;
    if (kind !== 'blank') {
      const text = kind === 'quoted' ? sql.slice(start + 1, end - 1) : sql.slice(start, end);
      yield { kind, text: text.toUpperCase(), start, end };
    }
    start = end;
  }
}

function readOddSymbol(sql: string, start: number): Lexeme {
  return /['"`#*/\-\0.0-9]/.test(sql.charAt(start)) ? undefined : { kind: 'symbol', end: start + 1 };
}

/** How many statements a text has, and whether some of it is in executable comments. */
export interface StatementCount {
  /** Something stands behind a semicolon, and be it another one. Comments alone are a statement too, but one that does nothing and never fails. */
  readonly isSeveral: boolean;
  readonly hasExecutableComment: boolean;
}

/**
 * What `tokenize()` reads nowhere, but less of it: for who only wants to know where strings end, a backslash beside a character outside ASCII
 * matters only near a quote or another backslash.
 */
const DOUBTFUL_ESCAPE = /[\0\u00a5]|\\[^\0-\x7f]+['"\\]|[^\0-\x7f]\\['"\\]/;
/** Nothing in it begins a string, a comment or another statement. */
const PLAIN_RUN = /[^'"`#;/*\0-]+/y;

/**
 * Reads no more of a text than where its strings and comments end, and takes linear time.
 *
 * @param sql without semicolons and blanks at its end, which the server leaves out before it reads anything
 * @returns undefined where that is uncertain
 */
export function countStatements(sql: string, mode: LexicalMode): StatementCount | undefined {
  if (DOUBTFUL_ESCAPE.test(sql)) return undefined;
  let [hasEnded, isSeveral] = [false, false];
  for (let start = 0; start < sql.length; ) {
    const run = matchEnd(PLAIN_RUN, sql, start);
    if (run === undefined && matchEnd(EXECUTABLE_COMMENT, sql, start) !== undefined) {
      return { isSeveral, hasExecutableComment: true };
    }
    const lexeme = run === undefined ? readLexeme(sql, start, mode) : { end: run, kind: 'word' };
    if (lexeme === undefined) return undefined;
    const { kind, end } = lexeme;
    const isEnd = sql.charAt(start) === ';';
    if (hasEnded && kind !== 'blank') isSeveral ||= /[^ \t\n\v\f\r]/.test(sql.slice(start, end));
    hasEnded ||= isEnd;
    start = end;
  }
  return { isSeveral, hasExecutableComment: false };
}

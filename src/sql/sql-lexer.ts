/**
 * The parts of the session's `sql_mode` that move the border between a string, a name and code (MySQL manual, "String Literals" and "Schema Object Names").
 * Oracle mode, PIPES_AS_CONCAT and IGNORE_SPACE change what tokens mean, not where they end.
 */
export interface LexicalMode {
  /** False under NO_BACKSLASH_ESCAPES: a backslash in a string is a character like any other. */
  readonly backslashEscapes: boolean;
  /** True under ANSI_QUOTES: "..." is a name, in which a backslash never escapes. */
  readonly ansiQuotes: boolean;
}

/** Nobody tells us the session's sql_mode, so whatever is said of a text has to be true however the server may have read it. */
const LEXICAL_MODES: readonly LexicalMode[] = [
  { backslashEscapes: true, ansiQuotes: false },
  { backslashEscapes: true, ansiQuotes: true },
  // Without escapes, strings and quoted names end by the same rule: one reading for ANSI_QUOTES on and off.
  { backslashEscapes: false, ansiQuotes: false },
];

/** The modes in which a text may be read in different ways. */
export function modesFor(sql: string): readonly LexicalMode[] {
  // Only these two characters are read differently.
  return /["\\]/.test(sql) ? LEXICAL_MODES : LEXICAL_MODES.slice(0, 1);
}

/** `quoted` is a string or a quoted name alike: which of the two "..." is depends on the mode, and no rule here needs to know. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'number' | 'placeholder' | 'symbol' | 'variable';
  /** A word in upper case; what stands between the quotes, in upper case; a symbol's one character; `@@x` of the server, in upper case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The lexer's view of one position: a token that ends at `end`, or blank space up to `end`, or undefined for what it will not read. */
export type Lexeme = { readonly end: number; readonly kind: Token['kind'] | 'blank' } | undefined;

/**
 * Anywhere, strings and comments included:
 * - NUL: ends a `--` comment on the server;
 * - a backslash beside a character outside ASCII: in gbk, sjis, big5 and the like 0x5C can be half of a character, and the server skips one *byte* after a
 *   backslash;
 * - U+00A5: Shift_JIS and EUC-JP, as mysql2 encodes them, send the yen sign as 0x5C.
 */
const UNREADABLE_ANYWHERE = /[\0\u00a5]|\\[^\0-\x7f]|[^\0-\x7f]\\/;

const BLANK = /[ \t\n\v\f\r]+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_$]*/y;
const NUMBER = /0x[0-9A-Fa-f]+|0b[01]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const NAMED_PLACEHOLDER = /:[A-Za-z0-9_]+/y;
/** `@@x` and `@@global.x`, a variable of the server; not `@@component.x`, nor a name in quotes. */
const SYSTEM_VARIABLE = /@@(?:(?:global|session|local)\.)?[A-Z_][A-Z0-9_]*(?![\w$.@'"`])/iy;
/** What may not follow a number directly: the server might read `1a` as a name, `1e5a` as a number and an alias. */
const NUMBER_GOES_ON = /[A-Za-z0-9_$.]/y;
/** `--` begins a comment only before whitespace, the end or a control character; the latter is not read anyway. */
const LINE_COMMENT = /--(?=[ \t\n\v\f\r]|$)|#/y;
/** Executable comments are code: MySQL's and MariaDB's `/*!`, MariaDB's `/*M!`. */
export const EXECUTABLE_COMMENT: RegExp = /\/\*[Mm]?!/y;
/** Optimizer hints of this plain shape only speed things up; the two that do more are named in {@link HINT_WITH_EFFECT}. */
const PLAIN_HINT = /\+[\w \t\r\n(),.@]*/y;
const HINT_WITH_EFFECT = /SET_VAR|RESOURCE_GROUP/i;

/**
 * Behind a value: more values and tuples of values, as in the list of an IN, up to the last one. Each of them has a comma on either side, which no rule looks
 * past. Nothing in it depends on the mode. At most so many at once that the pattern's stack stays small.
 */
const MORE_VALUES = (() => {
  const blank = String.raw`[ \t\n\v\f\r]*`;
  const value = String.raw`(?:\?|-?[0-9]+(?:\.[0-9]+)?|'[^'\\]*')`;
  const tuple = String.raw`\(${blank}${value}(?:${blank},${blank}${value}){0,31}${blank}\)`;
  return new RegExp(`(?:${blank},${blank}(?:${value}|${tuple})(?=${blank},)){1,1000}`, 'y');
})();

/**
 * Splits a statement into tokens as MySQL and MariaDB do in the given mode (manuals: "Language Structure", "Comments", "Comment Syntax").
 *
 * @returns undefined for anything that it cannot read with certainty: an unterminated string or comment, an executable or nested comment, `@x`, `:=`, `{`, `[`,
 *   `$` or `\` or a character outside ASCII out of quotes. Takes linear time.
 */
export function tokenize(sql: string, mode: LexicalMode): readonly Token[] | undefined {
  const tokens = readTokens(sql, mode, false, Number.POSITIVE_INFINITY);
  return tokens === 'too many' ? undefined : tokens;
}

/**
 * The same without most values of a long list: for rules that judge a token by its neighbours. It takes a hundredth of the time for such a list.
 *
 * @param most of the tokens that are left; beyond that it does not read on
 */
export function tokenizeBriefly(
  sql: string,
  mode: LexicalMode,
  most: number,
): readonly Token[] | undefined | 'too many' {
  return readTokens(sql, mode, true, most);
}

function readTokens(
  sql: string,
  mode: LexicalMode,
  isBrief: boolean,
  most: number,
): readonly Token[] | undefined | 'too many' {
  if (UNREADABLE_ANYWHERE.test(sql)) return undefined;
  const tokens: Token[] = [];
  for (let start = 0; start < sql.length; ) {
    const lexeme = readLexeme(sql, start, mode) ?? readSystemVariable(sql, start);
    if (lexeme === undefined) return undefined;
    const { kind, end } = lexeme;
    if (kind !== 'blank') {
      if (tokens.length >= most) return 'too many';
      const text = textOf(sql, kind, start, end);
      tokens.push({ kind, text, start, end });
    }
    start = isBrief && endsValue(sql, kind, end) ? endOfMoreValues(sql, end) : end;
  }
  return tokens;
}

function textOf(sql: string, kind: Token['kind'], start: number, end: number): string {
  if (kind === 'symbol') return sql.slice(start, end);
  return (kind === 'quoted' ? sql.slice(start + 1, end - 1) : sql.slice(start, end)).toUpperCase();
}

/** A number, a placeholder, a string in single quotes, or what may be the end of a tuple. */
function endsValue(sql: string, kind: Token['kind'] | 'blank', end: number): boolean {
  if (kind === 'number' || kind === 'placeholder') return true;
  const last = sql.charCodeAt(end - 1);
  return (kind === 'quoted' && last === SINGLE_QUOTE) || (kind === 'symbol' && last === CLOSING);
}

function endOfMoreValues(sql: string, start: number): number {
  let at = start;
  for (let end = matchEnd(MORE_VALUES, sql, at); end !== undefined; end = matchEnd(MORE_VALUES, sql, at)) at = end;
  return at;
}

const SINGLE_QUOTE = 0x27;
const CLOSING = 0x29;

/** Where {@link tokenize} stops reading; undefined where no single place is to blame, or it reads all. */
export function findUnreadable(sql: string, mode: LexicalMode): number | undefined {
  if (UNREADABLE_ANYWHERE.test(sql)) return undefined;
  for (let start = 0; start < sql.length; ) {
    const lexeme = readLexeme(sql, start, mode) ?? readSystemVariable(sql, start);
    if (lexeme === undefined) return start;
    start = lexeme.end;
  }
  return undefined;
}

function readSystemVariable(sql: string, start: number): Lexeme {
  return found('variable', matchEnd(SYSTEM_VARIABLE, sql, start));
}

/** @returns undefined where it will not read on. Looks at nothing before `start` */
export function readLexeme(sql: string, start: number, mode: LexicalMode): Lexeme {
  switch (sql.charAt(start)) {
    case "'":
      return readQuoted(sql, start, mode.backslashEscapes);
    case '"':
      return readQuoted(sql, start, mode.backslashEscapes && !mode.ansiQuotes);
    case '`':
      return readQuoted(sql, start, false);
    case '?':
      return { kind: 'placeholder', end: start + 1 };
    case ':':
      return found('placeholder', matchEnd(NAMED_PLACEHOLDER, sql, start));
    case '.':
      return readNumber(sql, start) ?? { kind: 'symbol', end: start + 1 };
    case '#':
    case '-':
      if (matchEnd(LINE_COMMENT, sql, start) !== undefined) return readLineComment(sql, start);
      break;
    case '/':
      if (sql.startsWith('/*', start)) return readBlockComment(sql, start);
      break;
    case '*':
      // Outside a comment the server reads `*/` as two operators, which no valid statement has side by side.
      if (sql.startsWith('*/', start)) return undefined;
      break;
  }
  switch (LEXEME_BEGUN_BY[sql.charCodeAt(start)]) {
    case 'blank':
      return found('blank', matchEnd(BLANK, sql, start));
    case 'word':
      return found('word', matchEnd(WORD, sql, start));
    case 'number':
      return readNumber(sql, start);
    case 'symbol':
      return { kind: 'symbol', end: start + 1 };
    default:
      return undefined;
  }
}

/** By the first character of a lexeme; the characters that {@link readLexeme} has a case for are looked at before. */
const LEXEME_BEGUN_BY: readonly (Token['kind'] | 'blank' | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[ \t\n\v\f\r]/.test(character)) return 'blank';
  if (/[A-Za-z_]/.test(character)) return 'word';
  if (/[0-9]/.test(character)) return 'number';
  return /[-+*/%&|^~!=<>,();]/.test(character) ? 'symbol' : undefined;
});

function readQuoted(sql: string, start: number, backslashEscapes: boolean): Lexeme {
  const quote = sql.charAt(start);
  for (let at = start + 1; at < sql.length; at++) {
    const character = sql.charAt(at);
    if (character === '\\' && backslashEscapes) at++;
    else if (character === quote) {
      if (sql.charAt(at + 1) !== quote) return { kind: 'quoted', end: at + 1 };
      at++;
    }
  }
  return undefined;
}

function readNumber(sql: string, start: number): Lexeme {
  const end = matchEnd(NUMBER, sql, start);
  return end === undefined || matchEnd(NUMBER_GOES_ON, sql, end) !== undefined ? undefined : { kind: 'number', end };
}

/** Only a line feed ends it, not a carriage return. */
function readLineComment(sql: string, start: number): Lexeme {
  const lineFeed = sql.indexOf('\n', start);
  return { kind: 'blank', end: lineFeed === -1 ? sql.length : lineFeed + 1 };
}

function readBlockComment(sql: string, start: number): Lexeme {
  const close = sql.indexOf('*/', start + 2);
  if (close === -1 || matchEnd(EXECUTABLE_COMMENT, sql, start) !== undefined) return undefined;
  const body = sql.slice(start + 2, close);
  if (body.startsWith('+') && (matchEnd(PLAIN_HINT, body, 0) !== body.length || HINT_WITH_EFFECT.test(body)))
    return undefined;
  // The server does not nest comments, but some tools think so: in doubt.
  if (body.includes('/*')) return undefined;
  return { kind: 'blank', end: close + 2 };
}

function found(kind: Token['kind'] | 'blank', end: number | undefined): Lexeme {
  return end === undefined ? undefined : { kind, end };
}

/** Where a sticky pattern that matches at `start` ends. */
export function matchEnd(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The unquoted word at an index, in upper case; '' when there is none. */
export function wordAt(tokens: readonly Token[], index: number): string {
  const token = tokens[index];
  return token?.kind === 'word' ? token.text : '';
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}

/** A name as far as anyone can tell: a string looks the same as a quoted name. */
export function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted';
}

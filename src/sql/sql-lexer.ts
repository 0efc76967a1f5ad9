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
const SYMBOL = /[-+*/%&|^~!=<>,.();]/y;
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
 * Splits a statement into tokens as MySQL and MariaDB do in the given mode (manuals: "Language Structure", "Comments", "Comment Syntax").
 *
 * @returns undefined for anything that it cannot read with certainty: an unterminated string or comment, an executable or nested comment, `@x`, `:=`, `{`, `[`,
 *   `$` or `\` or a character outside ASCII out of quotes. Takes linear time.
 */
export function tokenize(sql: string, mode: LexicalMode): readonly Token[] | undefined {
  if (UNREADABLE_ANYWHERE.test(sql)) return undefined;
  const tokens: Token[] = [];
  for (let start = 0; start < sql.length; ) {
    const lexeme = readLexeme(sql, start, mode) ?? readSystemVariable(sql, start);
    if (lexeme === undefined) return undefined;
    const { kind, end } = lexeme;
    if (kind !== 'blank') {
      const text = kind === 'quoted' ? sql.slice(start + 1, end - 1) : sql.slice(start, end);
      tokens.push({ kind, text: text.toUpperCase(), start, end });
    }
    start = end;
  }
  return tokens;
}

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
  return (
    found('blank', matchEnd(BLANK, sql, start)) ??
    found('word', matchEnd(WORD, sql, start)) ??
    readNumber(sql, start) ??
    found('symbol', matchEnd(SYMBOL, sql, start))
  );
}

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

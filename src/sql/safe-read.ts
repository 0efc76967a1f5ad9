import type { ReadContext, Reading } from './call-rules.ts';
import { readFunctionNames } from './function-names.ts';
import { dependsOnMode, type ReadHazard, unreadable } from './read-hazard.ts';
import { readServerVersion } from './server-version.ts';
import { isSymbol, type LexicalMode, modesFor, type Token, tokenizeBriefly, wordAt } from './sql-lexer.ts';
import { findHazardAt, parenthesesMatch } from './statement-rules.ts';
import { firstWordOf } from './statement-text.ts';

/** Longer statements are not read, so that the time a failure costs has a bound. In UTF-16 code units. */
const MAX_LENGTH = 1_048_576;
/** For the same reason. Most values of a list do not count. */
const MAX_TOKENS = 50_000;

const QUERY_VERBS: ReadonlySet<string> = new Set(['SELECT', 'TABLE', 'VALUES', 'WITH']);

/** What a safe read can begin with. Anything else is answered without a look at the rest. */
const FIRST_WORDS: ReadonlySet<string> = new Set([...QUERY_VERBS, 'SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC']);

/**
 * The forms of SHOW that say the same on every connection. Missing on purpose: what the previous statement left (WARNINGS, ERRORS, PROFILE), what
 * belongs to the session (STATUS and VARIABLES without GLOBAL, GRANTS), and what changes when it is read (ENGINE INNODB STATUS).
 */
const SHOW_FORMS: readonly string[] = [
  'CHARACTER SET',
  'COLLATION',
  'COLUMNS',
  'CREATE DATABASE',
  'CREATE SCHEMA',
  'CREATE TABLE',
  'CREATE VIEW',
  'DATABASES',
  'ENGINES',
  'FIELDS',
  'FULL COLUMNS',
  'FULL FIELDS',
  'FULL TABLES',
  'GLOBAL STATUS',
  'GLOBAL VARIABLES',
  'INDEX',
  'INDEXES',
  'KEYS',
  'SCHEMAS',
  'STORAGE ENGINES',
  'TABLE STATUS',
  'TABLES',
  'TRIGGERS',
];

/**
 * May this statement, of which nobody knows whether the server executed it, be sent again on a fresh connection, without anybody being able
 * to tell the difference?
 *
 * True for one SELECT, TABLE, VALUES, SHOW, EXPLAIN or DESCRIBE (also behind WITH or parentheses) that locks nothing, writes nothing to files or variables,
 * calls only functions known to be harmless, and reads nothing that an earlier statement of its session left behind. It has to be so
 * under every `sql_mode`, in MySQL 8.0 and later and in MariaDB 10.5 and later. False for all else, and for everything in doubt: what is not
 * listed, or cannot be read with certainty, is not safe. A false costs a retry, a wrong true could apply a write twice.
 *
 * Sources of the rules, MySQL manual: "SELECT Statement", "SELECT ... INTO Statement", "WITH (Common Table Expressions)", "Locking Reads", "Comments", "String
 * Literals", "Server SQL Modes", "Function Name Parsing and Resolution", "Optimizer Hints"; MariaDB documentation: "SELECT", "Comment Syntax",
 * "Sequence Functions", "SQL_MODE=ORACLE", "System-Versioned Tables". A fuzz test asks a real server.
 *
 * What the text does not show, and the caller has to know: a view may call a stored function, and a table may be a TEMPORARY one or a session may have been prepared
 * with SET or USE, so do not ask about statements on a session that a caller prepared by hand, nor about statements inside a transaction. Placeholders have
 * to stand for plain values: one that a driver replaces by SQL text (mysql2's `raw()`) is not in the text. A connection charset that cannot hold the
 * text (mysql2's `charset: 'binary'`) sends another text than this.
 *
 * A locking read (FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE) changes nothing either, and what it locks in a transaction of its own is free when it
 * ends, or when its session does: with `mayLock` it is as safe as the same read without locks. In a transaction that goes on, the locks are what it is for.
 *
 * @param sql the statement's text, with or without `?` and `:name` placeholders. Longer than 1 MiB is never safe. Takes linear time, and next to
 *   none for a statement that begins as no read does.
 * @param options.mayLock the statement is known to run alone, with autocommit and in no transaction. Default false
 * @param options.serverVersion what the server that had the statement says that it is, as VERSION() does: then what only some servers have built in is
 *   known as well. Default: only what all have is
 * @param options.safeFunctions as in the options of a pool. Default: none
 * @throws TypeError for a `safeFunctions` that holds what is no name of a function
 */
export function isSafeRead(sql: string, options: SafeReadOptions = {}): boolean {
  const { mayLock = false, serverVersion, safeFunctions = [] } = options;
  const context = {
    mayLock,
    server: readServerVersion(serverVersion),
    safeFunctions: readFunctionNames('safeFunctions', safeFunctions),
  };
  return judgeRead(sql, context).isSafe;
}

export interface SafeReadOptions {
  readonly mayLock?: boolean | undefined;
  readonly serverVersion?: string | undefined;
  readonly safeFunctions?: readonly string[] | undefined;
}

/** What keeps a read from being safe, in plain words and without a value of the statement. */
export interface UnsafeReason {
  /** The end of a sentence: "it calls price_of(), which is not known to be free of effects". */
  readonly why: string;
  /** The function that it calls, as `safeFunctions` would name it; undefined where it is something else. */
  readonly function?: string | undefined;
}

/** What {@link isSafeRead} says, and why. */
export interface ReadVerdict {
  readonly isSafe: boolean;
  /** Of a read that is not safe. Undefined for what does not begin as a read does. */
  readonly unsafe: UnsafeReason | undefined;
}

const safe: ReadVerdict = Object.freeze({ isSafe: true, unsafe: undefined });
const tooLong: ReadHazard = Object.freeze({ at: 0, why: 'it is too long to be read' });
const noRead: ReadVerdict = Object.freeze({ isSafe: false, unsafe: undefined });

export function unsafeRead({ why, function: called }: UnsafeReason): ReadVerdict {
  return { isSafe: false, unsafe: Object.freeze(called === undefined ? { why } : { why, function: called }) };
}

/** {@link isSafeRead}, for whoever knows where the statement ran. */
export function judgeRead(sql: string, context: ReadContext): ReadVerdict {
  if (!FIRST_WORDS.has(firstWordOf(sql))) return noRead;
  if (sql.length > MAX_LENGTH) return unsafeRead(tooLong);
  const promised = new Set(context.safeFunctions);
  const [first, ...others] = modesFor(sql).map((mode) => findHazard(sql, mode, { ...context, promised }));
  // What is a name in all modes is no value in any.
  const agree = others.every((other) => other?.at === first?.at && other?.why === first?.why);
  if (!agree) return unsafeRead(dependsOnMode);
  return first === undefined ? safe : unsafeRead(first);
}

function findHazard(sql: string, mode: LexicalMode, context: Omit<Reading, 'sql' | 'tokens'>): ReadHazard | undefined {
  const all = tokenizeBriefly(sql, mode, MAX_TOKENS);
  if (all === undefined) return unreadable(sql, mode);
  if (all === 'too many') return tooLong;
  const tokens = withoutFinalSemicolon(all);
  const body = safeBody(tokens);
  if (body === undefined)
    return { at: 0, why: `${wordAt(tokens, 0) || 'it'} in this form is not known to change nothing` };
  const reading: Reading = { ...context, sql, tokens };
  for (let index = body; index < tokens.length; index += 1) {
    const hazard = findHazardAt(reading, index);
    if (hazard !== undefined) return hazard;
  }
  return parenthesesMatch(tokens) ? undefined : { at: 0, why: 'its parentheses do not match' };
}

function withoutFinalSemicolon(tokens: readonly Token[]): readonly Token[] {
  return isSymbol(tokens.at(-1), ';') ? tokens.slice(0, -1) : tokens;
}

/** Where the part begins that the rules for single tokens judge; undefined when the statement is of another kind. */
function safeBody(tokens: readonly Token[]): number | undefined {
  const first = tokens.findIndex((token) => !isSymbol(token, '('));
  if (QUERY_VERBS.has(wordAt(tokens, first))) return first;
  switch (wordAt(tokens, 0)) {
    case 'SHOW': {
      const form = SHOW_FORMS.find((words) =>
        words.split(' ').every((word, index) => wordAt(tokens, index + 1) === word),
      );
      return form === undefined ? undefined : 1 + form.split(' ').length;
    }
    case 'EXPLAIN':
    case 'DESCRIBE':
    case 'DESC':
      return explainedBody(tokens);
    default:
      return undefined;
  }
}

/** EXPLAIN of a query, or `DESCRIBE table [column]`; not EXPLAIN ANALYZE, which executes, and no other statement. */
function explainedBody(tokens: readonly Token[]): number | undefined {
  let at = 1;
  if (wordAt(tokens, at) === 'EXTENDED' || wordAt(tokens, at) === 'PARTITIONS') at++;
  if (wordAt(tokens, at) === 'FORMAT' && isSymbol(tokens[at + 1], '=')) at += 3;
  const query = tokens.findIndex((token, index) => index >= at && !isSymbol(token, '('));
  if (QUERY_VERBS.has(wordAt(tokens, query))) return at;
  const isName = (token: Token): boolean => token.kind === 'word' || token.kind === 'quoted' || isSymbol(token, '.');
  const describesTable =
    tokens.length > 1 && tokens.length <= 5 && tokens.every(isName) && wordAt(tokens, 1) !== 'ANALYZE';
  return describesTable ? 1 : undefined;
}

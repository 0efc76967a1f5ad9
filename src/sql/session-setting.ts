import { isForOfStatement, isOtherScope, readTarget, scopeAt } from './set-rules.ts';
import { isSymbol, modesFor, type Token, wordAt } from './sql-lexer.ts';
import { stripFinalSemicolons } from './statement-kind.ts';
import { findFirstWord, firstWordOf, tokensFrom } from './statement-text.ts';
import { isNeutralVerb } from './verb-effects.ts';

/** Whether transactions may write: from now on, or only the next one. `unsure`: in a way that the text does not tell. */
export type AccessMode = 'read-write' | 'read-only' | 'next-read-write' | 'next-read-only' | 'unsure';

/** What a text sets for its session that no flag of the server tells. */
export interface SessionSetting {
  readonly accessMode: AccessMode | undefined;
  /** It may change the database. */
  readonly usesDatabase: boolean;
}

/** Longer texts are not read. In UTF-16 code units. */
const MAX_LENGTH = 1_048_576;

/** MariaDB's statements that have others inside. */
const COMPOUND: ReadonlySet<string> = new Set(['BEGIN', 'IF', 'CASE', 'LOOP', 'WHILE', 'REPEAT', 'FOR']);
const READ_ONLY_VARIABLES: ReadonlySet<string> = new Set(['TRANSACTION_READ_ONLY', 'TX_READ_ONLY']);
/** No text sets the mode without one of these words, in whatever quotes. */
const MENTIONS_MODE = /transaction|tx_read_only/i;

const nothing: SessionSetting = { accessMode: undefined, usesDatabase: false };

/**
 * Reads what a text that the server has executed has set, under whatever `sql_mode`; in doubt the mode is `unsure`. Next to nothing for a text whose first
 * word says that it is no SET and no USE. What a procedure or a prepared statement does, no text shows.
 *
 * Sources: "SET TRANSACTION" and "SET Syntax for Variable Assignment" in the manuals of MySQL and MariaDB.
 */
export function readSessionSetting(sql: string, multipleStatements: boolean): SessionSetting | undefined {
  const mayBeSeveral = multipleStatements && sql.includes(';') && stripFinalSemicolons(sql).includes(';');
  if (!mayBeSeveral && !maySet(sql)) return undefined;
  const mentioned = mentions(sql);
  if (mentioned === nothing || sql.length > MAX_LENGTH) return orUndefined(mentioned);
  const [setting = nothing, ...others] = modesFor(sql).map((mode) => {
    const tokens = [...tokensFrom(sql, 0, mode)];
    // An executable comment, or what nobody can read.
    return tokens.at(-1)?.text === '' ? mentioned : readStatements(tokens, multipleStatements);
  });
  return orUndefined(others.every((other) => isSame(other, setting)) ? setting : mentioned);
}

/** By its first word. */
function maySet(sql: string): boolean {
  const first = firstWordOf(sql);
  if (isNeutralVerb(first)) return false;
  if (first === 'SET' || first === 'USE' || first === '' || COMPOUND.has(first)) return true;
  // A label, which MariaDB takes in front of a loop.
  const [next] = tokensFrom(sql, findFirstWord(sql)?.end ?? 0);
  return next?.text.startsWith(':') === true;
}

/** What the text may set at most. */
function mentions(sql: string): SessionSetting {
  const accessMode = MENTIONS_MODE.test(sql) ? 'unsure' : undefined;
  const usesDatabase = /\buse\b/i.test(sql);
  return accessMode === undefined && !usesDatabase ? nothing : { accessMode, usesDatabase };
}

function orUndefined(setting: SessionSetting): SessionSetting | undefined {
  return isSame(setting, nothing) ? undefined : setting;
}

function isSame(a: SessionSetting, b: SessionSetting): boolean {
  return a.accessMode === b.accessMode && a.usesDatabase === b.usesDatabase;
}

function readStatements(tokens: readonly Token[], multipleStatements: boolean): SessionSetting {
  const settings = (multipleStatements ? splitAtSemicolons(tokens) : [tokens]).map((statement) =>
    readStatement(statement),
  );
  const [only = nothing] = settings;
  if (settings.length <= 1) return only;
  // Of several, some may not have been executed.
  return {
    accessMode: settings.some(({ accessMode }) => accessMode !== undefined) ? 'unsure' : undefined,
    usesDatabase: settings.some(({ usesDatabase }) => usesDatabase),
  };
}

function splitAtSemicolons(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (isSymbol(token, ';')) statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}

function readStatement(tokens: readonly Token[], nested = 0): SessionSetting {
  const verb = wordAt(tokens, 0);
  if (verb === 'USE') return { accessMode: undefined, usesDatabase: true };
  if (verb === 'SET') return readSet(tokens, nested);
  const isCompound = COMPOUND.has(verb) || tokens[1]?.text.startsWith(':') === true;
  const setsMode = isCompound && tokens.some(({ text }) => text === 'SET') && tokens.some(isOfMode);
  return setsMode ? { accessMode: 'unsure', usesDatabase: false } : nothing;
}

function isOfMode({ kind, text }: Token): boolean {
  return (kind === 'word' || kind === 'quoted') && (text === 'TRANSACTION' || READ_ONLY_VARIABLES.has(text));
}

function readSet(tokens: readonly Token[], nested: number): SessionSetting {
  if (wordAt(tokens, 1) === 'STATEMENT') {
    // One in the other is none that a server takes.
    if (nested > 0) return { accessMode: 'unsure', usesDatabase: true };
    const { accessMode, usesDatabase } = readStatement(tokens.slice(findInnerIndex(tokens)), nested + 1);
    return { accessMode: accessMode && 'unsure', usesDatabase };
  }
  const scope = scopeAt(tokens, 1);
  const at = scope === undefined ? 1 : 2;
  const accessMode =
    wordAt(tokens, at) === 'TRANSACTION' ? readTransaction(tokens.slice(at + 1), scope) : readAssignments(tokens);
  return { accessMode, usesDatabase: false };
}

/** Behind the FOR of SET STATEMENT. */
function findInnerIndex(tokens: readonly Token[]): number {
  let depth = 0;
  const found = tokens.findIndex((token, index) => {
    if (isSymbol(token, '(')) depth += 1;
    else if (isSymbol(token, ')')) depth -= 1;
    return depth === 0 && isForOfStatement(token, tokens[index - 1]);
  });
  return found === -1 ? tokens.length : found + 1;
}

/** SET TRANSACTION, from its characteristics on. */
function readTransaction(tokens: readonly Token[], scope: string | undefined): AccessMode | undefined {
  if (scope !== undefined && isOtherScope(scope)) return undefined;
  const mode = tokens.findIndex(
    (_, index) => wordAt(tokens, index) === 'READ' && ['ONLY', 'WRITE'].includes(wordAt(tokens, index + 1)),
  );
  if (mode === -1) return undefined;
  return modeOf(wordAt(tokens, mode + 1) === 'ONLY', scope === undefined);
}

function modeOf(isReadOnly: boolean, isForNext: boolean): AccessMode {
  if (isForNext) return isReadOnly ? 'next-read-only' : 'next-read-write';
  return isReadOnly ? 'read-only' : 'read-write';
}

/** SET with variables. */
function readAssignments(tokens: readonly Token[]): AccessMode | undefined {
  let found: AccessMode | undefined;
  let [depth, usualScope] = [0, 'SESSION'];
  for (const [index, token] of tokens.entries()) {
    if (isSymbol(token, '(')) depth += 1;
    else if (isSymbol(token, ')')) depth -= 1;
    if (depth > 0 || (index > 0 && !isSymbol(token, ','))) continue;
    const target = readTarget(tokens, index + 1, usualScope);
    usualScope = target.usualScope;
    if (!READ_ONLY_VARIABLES.has(target.name)) continue;
    const mode = readAssignment(tokens, target);
    if (mode !== undefined) found = found === undefined || found === mode ? mode : 'unsure';
  }
  return found;
}

function readAssignment(
  tokens: readonly Token[],
  { scope, hasScope, isSystem, end }: ReturnType<typeof readTarget>,
): AccessMode | undefined {
  if (isOtherScope(scope)) return undefined;
  const value = isSymbol(tokens[end], ':') ? end + 2 : end + 1;
  const next = tokens[value + 1];
  const text = next === undefined || isSymbol(next, ',') || isSymbol(next, ';') ? tokens[value]?.text : undefined;
  // @@name without a scope is for the next transaction.
  const isForNext = isSystem && !hasScope;
  if (text === '0' || text === 'OFF' || text === 'FALSE') return modeOf(false, isForNext);
  return text === '1' || text === 'ON' || text === 'TRUE' ? modeOf(true, isForNext) : 'unsure';
}

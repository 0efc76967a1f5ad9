import { isPlainSet, subjectOfSet } from './set-rules.ts';
import { tokensFrom } from './statement-text.ts';

/** What one statement does to the session and the transaction that it runs in, as far as its text says. */
export interface VerbEffect {
  /** The server applies it as a whole or not at all. */
  readonly isAtomic: boolean;
  /** It may end a transaction by itself. */
  readonly endsTransaction: boolean;
  /** When it ends one, it may commit it. */
  readonly mayCommit: boolean;
  /** It may leave a transaction open that was not open before. */
  readonly beginsTransaction: boolean;
  /** What it does lies in the session and not in the data, so that on a pool it has its effect only by luck. */
  readonly isSessionBound: boolean;
}

/** An INSERT, a SELECT: part of whatever transaction there is. */
const neutral: VerbEffect = {
  isAtomic: true,
  endsTransaction: false,
  mayCommit: false,
  beginsTransaction: false,
  isSessionBound: false,
};

/** DDL, CALL, EXECUTE, LOAD DATA, and what nobody has heard of. */
export const unknownEffect: VerbEffect = {
  isAtomic: false,
  endsTransaction: true,
  mayCommit: true,
  beginsTransaction: true,
  isSessionBound: false,
};

/** Changes the session and leaves its transaction alone. */
const neutralInSession: VerbEffect = { ...neutral, isSessionBound: true };
const unknownInSession: VerbEffect = { ...unknownEffect, isSessionBound: true };
/** The locks stay with the session until it gives them up, or ends. */
const sessionLocks: VerbEffect = { ...unknownInSession, beginsTransaction: false };

/**
 * Reserved words of both families whose statements neither end nor begin a transaction, whatever follows: a lost connection undoes what they did,
 * with the transaction. SELECT ... INTO OUTFILE is one of them; its file stays, and keeps a second one from being written over it. So are EXPLAIN ANALYZE
 * and WITH ... DELETE, which execute.
 *
 * Source: "Statements That Cause an Implicit Commit" in the manuals of MySQL and MariaDB.
 */
const neutralVerbs: ReadonlySet<string> = new Set([
  ...['SELECT', 'WITH', 'TABLE', 'VALUES'],
  ...['INSERT', 'REPLACE', 'UPDATE', 'DELETE'],
  ...['SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC'],
]);

/** Verbs whose statements may be session-bound. */
const sessionVerbs: ReadonlySet<string> = new Set([
  ...['BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE'],
  ...['SET', 'LOCK', 'UNLOCK', 'FLUSH', 'BACKUP', 'XA', 'USE', 'HANDLER'],
]);

export function isNeutralVerb(verb: string): boolean {
  return neutralVerbs.has(verb);
}

export function isSessionVerb(verb: string): boolean {
  return sessionVerbs.has(verb);
}

/** @param from behind the verb of the statement, which is one and has no executable comment */
export function effectOf(verb: string, sql: string, from: number): VerbEffect {
  if (neutralVerbs.has(verb)) return neutral;
  const words = wordsFrom(sql, from);
  const [first = ''] = words;
  // A label, which MariaDB takes in front of a loop; most of these verbs may be one.
  if (first.startsWith(':')) return unknownEffect;
  switch (verb) {
    case 'BEGIN':
      // Anything else is a block of statements, as in MariaDB's BEGIN NOT ATOMIC.
      if (first !== '' && first !== 'WORK') return unknownEffect;
      return unknownInSession;
    case 'START':
      return first === 'TRANSACTION' ? { ...unknownInSession, isAtomic: true } : unknownEffect;
    case 'COMMIT':
    case 'ROLLBACK':
      return endOf(verb, first === 'WORK' ? words.slice(1) : words);
    case 'SAVEPOINT':
      return first === '' ? unknownEffect : neutralInSession;
    case 'RELEASE':
      return first === 'SAVEPOINT' ? neutralInSession : unknownEffect;
    case 'SET':
      return effectOfSet(sql, from);
    case 'LOCK':
    case 'UNLOCK':
      return ['TABLES', 'TABLE', 'INSTANCE'].includes(first) ? sessionLocks : unknownEffect;
    case 'FLUSH':
      return locksTables(sql, from) ? sessionLocks : unknownEffect;
    case 'BACKUP':
      return sessionLocks;
    case 'XA':
      // These are for transactions that other sessions have prepared.
      return ['RECOVER', 'COMMIT', 'ROLLBACK'].includes(first) ? unknownEffect : unknownInSession;
    case 'USE':
      return neutralInSession;
    case 'HANDLER':
      return unknownInSession;
    case 'DO':
      // Its errors may become warnings.
      return { ...neutral, isAtomic: false };
    default:
      return unknownEffect;
  }
}

/** FLUSH TABLES WITH READ LOCK, or FOR EXPORT, with or without names of tables between. */
function locksTables(sql: string, from: number): boolean {
  let before = '';
  for (const { kind, text } of tokensFrom(sql, from)) {
    const word = kind === 'word' ? text : '';
    if ((before === 'READ' && word === 'LOCK') || (before === 'FOR' && word === 'EXPORT')) return true;
    before = word;
  }
  return false;
}

/** COMMIT or ROLLBACK, without the word WORK. */
function endOf(verb: string, words: readonly string[]): VerbEffect {
  const ending = words.join(' ');
  // Undone with a lost connection as without: what was to be rolled back is.
  const effect = { ...unknownInSession, isAtomic: true, mayCommit: verb === 'COMMIT' };
  if (verb === 'ROLLBACK' && words[0] === 'TO') return neutralInSession;
  if (/^(?:AND NO CHAIN ?)?(?:NO RELEASE|RELEASE)?$/.test(ending)) return { ...effect, beginsTransaction: false };
  return /^AND CHAIN(?: NO RELEASE)?$/.test(ending) ? effect : unknownEffect;
}

function effectOfSet(sql: string, from: number): VerbEffect {
  const subject = subjectOfSet(sql, from);
  if (subject === 'transaction') return neutralInSession;
  if (subject === 'autocommit') return { ...unknownInSession, isAtomic: true };
  return isPlainSet(sql) ? neutral : { ...unknownEffect, isAtomic: true };
}

/** COMMIT WORK AND NO CHAIN NO RELEASE has most, and one more is none of it. */
const MOST_WORDS = 7;

/** A few words or symbols behind the verb, without a semicolon at the end. */
function wordsFrom(sql: string, from: number): readonly string[] {
  const words: string[] = [];
  for (const { kind, text } of tokensFrom(sql, from)) {
    if (text === ';' || words.length === MOST_WORDS) break;
    words.push(kind === 'quoted' || text === '' ? '?' : text);
  }
  return words;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFittingAnswer } from '../../adapters/mysql2/pool/fitting-answer.ts';
import { splitScript } from '../../adapters/prisma/adapter/split-script.ts';
import { payloadOf } from '../../adapters/prisma/errors/server-error.ts';
import { isSafeRead, readStatementKind, verbOf } from '../../src/internal.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { withinBounds } from '../support/fuzz/within-bounds.ts';

/** Everything that reads SQL. None of it may throw, whatever it is given, but for a script that does not end. */
function readAll(sql: string): boolean {
  for (const beginning of ['', 'SET STATEMENT a = ', '/* a */ SET autocommit = ', 'ROLLBACK ']) {
    readStatementKind(`${beginning}${sql}`, { multipleStatements: true });
    readStatementKind(`${beginning}${sql};/*!`, { multipleStatements: false });
    verbOf(`${beginning}${sql}`);
  }
  isFittingAnswer(sql, []);
  try {
    splitScript(sql);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return isSafeRead(sql);
}

/** Long enough for time that grows with the square to be hours, and just short enough to be read at all. */
const long = 500_000;
const repeated = (text: string, length = long) => text.repeat(Math.floor(length / text.length));

/** What repeats, with what stands before and after it. */
const shapes: readonly (readonly [name: string, before: string, repeats: string, after: string])[] = [
  ['parentheses', 'SELECT ', '(', ''],
  ['nested subqueries', 'SELECT 1 FROM ', '(SELECT 1 FROM ', ''],
  ['parentheses that are never opened', 'SELECT 1', ')', ''],
  ['comments', 'SELECT ', '/* */', '1'],
  ['comments that do not end', 'SELECT ', '/*', ''],
  ['ends of comments', 'SELECT ', '*/', ''],
  ['hints', 'SELECT ', '/*+ NO_ICP(t) */', '1'],
  ['quotes', 'SELECT ', "'", ''],
  ['strings that escape', "SELECT '", "\\'", ''],
  ['backslashes', 'SELECT "', '\\', ''],
  ['a string that does not end', "SELECT '", 'a', ''],
  ['names that do not end', 'SELECT ', '`', 'a'],
  ['blanks', 'SELECT', ' ', '1'],
  ['blanks and semicolons', 'INSERT', ' ; ', 'x'],
  ['line feeds', 'SELECT 1', '\n', ';'],
  ['dashes', 'SELECT 1 ', '-', ''],
  ['line comments', 'SELECT 1 ', '-- x\n', ''],
  ['digits', 'SELECT 1', '1', 'a'],
  ['exponents', 'SELECT ', '1e', '1'],
  ['dots', 'SELECT a', '.', 'b'],
  ['placeholders', 'SELECT ', '?,', '?'],
  ['colons', 'SELECT ', ':a', ''],
  ['a list of names', 'WITH a (', 'b,', 'b) AS (SELECT 1) SELECT 1'],
  ['lists of names', 'WITH a (', 'b,(', ''],
  ['calls', 'SELECT ', 'abs(', ''],
  ['JSON_TABLE', 'SELECT ', 'JSON_TABLE(', ''],
  ['FOR', 'SELECT 1 ', 'FOR ', ''],
  ['lone surrogates', 'SELECT ', '\ud800', ''],
  ['NULs', 'SELECT 1', '\0', ''],
  ['NULs in a comment', 'SELECT 1 -- ', '\0', '\n'],
  ['characters of other scripts', "SELECT '", '漢', "'"],
];

/** What cannot be one statement, whatever a server makes of it. */
const unreadable: ReadonlySet<string> = new Set([
  ...['parentheses', 'nested subqueries', 'parentheses that are never opened', 'lists of names', 'calls', 'JSON_TABLE'],
  ...[
    'comments that do not end',
    'ends of comments',
    'strings that escape',
    'backslashes',
    'a string that does not end',
  ],
  ...['digits', 'FOR', 'lone surrogates', 'NULs', 'NULs in a comment'],
]);

describe('a statement of half a million characters is read in time that its length bounds', () => {
  it.each(shapes)('%s', (name, before, repeats, after) => {
    const sql = `${before}${repeated(repeats, long - before.length - after.length)}${after}`;
    const isSafe = withinBounds(() => readAll(sql));
    if (unreadable.has(name)) expect(isSafe).toBe(false);
  });

  it('two and a half million are never safe', () => {
    for (const [, before, repeats, after] of shapes) {
      const sql = `${before}${repeated(repeats, 5 * long)}${after}`;
      expect(withinBounds(() => isSafeRead(sql) || !isFittingAnswer(sql, {}))).toBe(false);
      withinBounds(() => readStatementKind(sql, { multipleStatements: true }).isAtomic);
    }
  });
});

/** Of these it is known what a server makes of them. */
const known = {
  'ten million open parentheses': ['('.repeat(10_000_000), false],
  'twenty thousand nested parentheses': [`select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`, true],
  'a hundred thousand nested parentheses': [`select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`, false],
  'a hundred thousand placeholders': [`select * from t where id in (${'?, '.repeat(100_000)}?)`, true],
  'a million quotes': [`select ${"'".repeat(1_000_000)}`, true],
  'a million backslashes': [`select '${'\\'.repeat(1_000_000)}'`, true],
  'forty thousand dashes': [`select ${'-'.repeat(40_000)} 1`, true],
  'a million dashes': [`select ${'-'.repeat(1_000_000)} 1`, false],
  'half a million comment openings': [`select ${'/*'.repeat(500_000)}`, false],
  'a column list that never ends': [`with c (${'a,'.repeat(500_000)}`, false],
  'column lists in column lists': [`with ${'c (a,'.repeat(200_000)}`, false],
  'JSON_TABLE in JSON_TABLE': [`select ${'json_table('.repeat(90_000)}`, false],
  'a number that never ends': [`select ${'1'.repeat(1_000_000)}`, true],
  'an exponent after another': [`select ${'1e'.repeat(500_000)}`, false],
  'a hint that never ends': [`select /*+ ${'a '.repeat(500_000)}`, false],
} as const;

it.each(Object.entries(known))(
  'whether %s is a safe read is known in time that its length bounds',
  (_, [sql, expected]) => {
    expect(withinBounds(() => isSafeRead(sql))).toBe(expected);
    expect(withinBounds(() => isSafeRead(sql, { mayLock: true }))).toBe(expected);
  },
);

it('a message of a server that is longer than any is read in time that its length bounds', () => {
  for (const text of ["'", 'x', "' for key '", ' FOREIGN KEY (`a`, `b`) ', '`a', "' '"]) {
    const sqlMessage = repeated(text, 16 * long);
    for (const errno of [1007, 1044, 1045, 1048, 1062, 1263, 1292, 1452]) {
      expect(withinBounds(() => payloadOf({ errno, sqlMessage, sqlState: '42000' }).originalCode)).toBe(String(errno));
    }
  }
});

describe('whatever the text', () => {
  const fragment = fc.oneof(
    fc.constantFrom(...shapes.flatMap(([, before, repeats, after]) => [before, repeats, after])),
    fc.constantFrom(
      'SELECT',
      'sleep(1)',
      'f(1)',
      ' INTO ',
      '@a',
      ';',
      'FOR UPDATE',
      '/*!',
      '*/',
      '/*M!',
      '--',
      '#',
      '\r',
      '\t',
    ),
    fc.string({ unit: 'binary' }),
  );

  it('reading it throws nothing', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (fragments) => {
        readAll(fragments.join(''));
      }),
      fuzzRun(5_000),
    );
  });

  it('more of it never makes an unsafe statement safe, except by hiding it in a comment or a string', () => {
    const unsafe = fc.constantFrom(
      ' INTO @a',
      '; DELETE FROM t',
      ' FOR UPDATE',
      ', f(1)',
      ', @a := 1',
      ', benchmark(1, 1)',
      ' \0',
    );
    fc.assert(
      fc.property(unsafe, fc.nat({ max: 10_000 }), (end, length) => {
        expect(isSafeRead(`SELECT ${'1, '.repeat(length)}1${end}`)).toBe(false);
        expect(isSafeRead(`SELECT ${'('.repeat(length)}1${')'.repeat(length)}${end}`)).toBe(false);
      }),
      fuzzRun(30),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { modesFor } from '../../../../src/sql/sql-lexer.ts';
import { countStatements, firstWordOf, tokensFrom } from '../../../../src/sql/statement-text.ts';

test.each([
  ['select 1', 'SELECT'],
  ['\n( ( With a as (select 1) select 1))', 'WITH'],
  ['/* select */ -- select\n# select\ninsert into t values (1)', 'INSERT'],
  ['/*+ NO_ICP(t) */ update t set a = 1', 'UPDATE'],
  // Whatever follows: that is for those to read who care for a statement with this beginning.
  ["insert into t values ('", 'INSERT'],
  ['selecté', 'SELECT'],
  ['/*!50000 select */ 1', ''],
  ['/* select', ''],
  ["'select' select", ''],
  ['`select`', ''],
  ['1 select', ''],
  ['\u00a0select', ''],
  ['-- a\0\nselect', ''],
  ['\ufeffselect', ''],
  ['; select', ''],
  ['@a', ''],
  ['((', ''],
  ['', ''],
])('the first word of %j is %j', (sql, word) => expect(firstWordOf(sql)).toBe(word));

/** In each mode that may differ: how many there are, `!` for executable comments, `?` for what cannot be read. */
function countsOf(sql: string): string {
  const counts = modesFor(sql).map((mode) => {
    const count = countStatements(sql, mode);
    if (count === undefined) return '?';
    return `${count.isSeveral ? 'n' : '1'}${count.hasExecutableComment ? '!' : ''}`;
  });
  return [...new Set(counts)].join(' ');
}

describe('the statements of a text', () => {
  test.each([
    ['select 1', '1'],
    ['', '1'],
    ['select 1; /* a */ -- b', '1'],
    ['select 1; ; /* a */ -- b', 'n'],
    ['select 1; select 2', 'n'],
    ['select 1;;select 2', 'n'],
    ['select 1;-- a\n(', 'n'],
    ["select 1; 'a'", 'n'],
    ['select 1; -', 'n'],
    ["insert into t values ('a;b', `a;b`)", '1'],
    ["insert into t values ('it''s; b')", '1'],
    ['select 1 /* ; select 2 */, 3 # ; a\n, 4 -- ; b', '1'],
    ['select 1 --; select 2', 'n'],
    ['select 1 / 2; select 2', 'n'],
    ['insert into t values (\'<b title="a&amp;b">\')', '1'],
    ["insert into t values ('été &amp; é\\n')", '1'],
    ["insert into t values ('été; été\\'s')", '?'],
    ["insert into t values ('a\\'; b')", '1 ?'],
    ["insert into t values ('a\\'; b', 'c\\'')", '1 n'],
    ['insert into t values ("a\\"; b")', '1 ?'],
    ['insert into t values ("a; b")', '1'],
    ['select 1 /*! ; select 2 */', '1!'],
    ['select 1 /*M! ; select 2 */', '1!'],
    ["select '/*! a */', `/*!` /* /! */ -- /*! \n, 1 # /*!", '1'],
    ["select 'a", '?'],
    ['select /* a', '?'],
    ['select 1 -- a\0; select 2', '?'],
  ])('are %j: %s', (sql, expected) => expect(countsOf(sql)).toBe(expected));
});

describe('token by token', () => {
  test.each([
    ['@@session.a := é', ['@', '@', 'SESSION', '.', 'A', ':', '=', 'É']],
    ["a 'b' {", ['A', 'B', '{']],
    ["a 'b", ['A', '']],
    ['a /*! b */ c', ['A', '']],
    ['a\0b', ['A', '']],
    ['a 1.for b', ['A', '']],
  ])('%j is read as far as code can be told from strings', (sql, expected) =>
    expect([...tokensFrom(sql, 0)].map(({ text }) => text)).toEqual(expected),
  );

  test('no further than they are asked for', () => {
    const [first, second] = tokensFrom("a b '", 0);
    expect([first?.text, second?.text]).toEqual(['A', 'B']);
  });
});

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type LexicalMode, tokenize, tokenizeBriefly } from '../../../../src/sql/sql-lexer.ts';

const plain: LexicalMode = { backslashEscapes: true, ansiQuotes: false };
const ansi: LexicalMode = { backslashEscapes: true, ansiQuotes: true };
const noBackslash: LexicalMode = { backslashEscapes: false, ansiQuotes: false };
const modes = [plain, ansi, noBackslash];

/** `kind:text`, or undefined when the statement cannot be read. */
function read(sql: string, mode: LexicalMode = plain): string[] | undefined {
  return tokenize(sql, mode)?.map(({ kind, text }) => `${kind}:${text}`);
}

describe('words, numbers and symbols', () => {
  test.each([
    ['select a_1$ from T', ['word:SELECT', 'word:A_1$', 'word:FROM', 'word:T']],
    ['a.b', ['word:A', 'symbol:.', 'word:B']],
    [
      '1 1.5 .5 1. 1e3 1.5E-3 0x1F 0b01',
      ['1', '1.5', '.5', '1.', '1E3', '1.5E-3', '0X1F', '0B01'].map((n) => `number:${n}`),
    ],
    ['1.into', undefined],
    ['1into', undefined],
    ['1e', undefined],
    ['1e+', undefined],
    ['0xg', undefined],
    ['a<=>b', ['word:A', 'symbol:<', 'symbol:=', 'symbol:>', 'word:B']],
    ['? :name :1', ['placeholder:?', 'placeholder::NAME', 'placeholder::1']],
    ['a := 1', undefined],
    ['@a', undefined],
    ['a@b', undefined],
    ['$a', undefined],
    ['a\\', undefined],
    ['{}', undefined],
    ['[]', undefined],
    ['é', undefined],
    ['aé', undefined],
    ['\u00a0', undefined],
    ['\x01', undefined],
  ])('reads %j', (sql, expected) => {
    expect(read(sql)).toEqual(expected);
  });
});

describe('quotes', () => {
  test.each([
    [`'a''b'`, ["quoted:A''B"], ["quoted:A''B"], ["quoted:A''B"]],
    [`"a""b"`, ['quoted:A""B'], ['quoted:A""B'], ['quoted:A""B']],
    ['`a``b`', ['quoted:A``B'], ['quoted:A``B'], ['quoted:A``B']],
    [`'a"\`#--/*'`, ['quoted:A"`#--/*'], ['quoted:A"`#--/*'], ['quoted:A"`#--/*']],
    [`'a' 'b'`, ['quoted:A', 'quoted:B'], ['quoted:A', 'quoted:B'], ['quoted:A', 'quoted:B']],
    // What stands between two lexings: the quote after the backslash.
    [`'\\' x '`, [`quoted:\\' X `], [`quoted:\\' X `], undefined],
    [`'\\'`, undefined, undefined, ['quoted:\\']],
    [`'\\\\'`, ['quoted:\\\\'], ['quoted:\\\\'], ['quoted:\\\\']],
    [`"\\"`, undefined, ['quoted:\\'], ['quoted:\\']],
    [`"\\" x "`, [`quoted:\\" X `], undefined, undefined],
    ['`\\`', ['quoted:\\'], ['quoted:\\'], ['quoted:\\']],
    [`'a`, undefined, undefined, undefined],
    [`"a`, undefined, undefined, undefined],
    ['`a', undefined, undefined, undefined],
    [`'`, undefined, undefined, undefined],
    [`'\\`, undefined, undefined, undefined],
  ])('reads %j by default, under ANSI_QUOTES and under NO_BACKSLASH_ESCAPES', (sql, ...expected) => {
    expect(modes.map((mode) => read(sql, mode))).toEqual(expected);
  });

  it('keeps characters outside ASCII in quotes, except where a multi-byte charset could make one of them a backslash', () => {
    expect(read(`'größe' "你好" \`名前\``)).toHaveLength(3);
    for (const doubtful of [`'\\é'`, `'é\\'`, `'é\\n'`, `'\u00a5'`, '`é\\`']) {
      for (const mode of modes) expect(read(doubtful, mode)).toBeUndefined();
    }
  });
});

describe('comments', () => {
  test.each([
    ['a -- b\nc', ['word:A', 'word:C']],
    ['a --\tb\nc', ['word:A', 'word:C']],
    ['a --\nc', ['word:A', 'word:C']],
    ['a --', ['word:A']],
    ['a --b', ['word:A', 'symbol:-', 'symbol:-', 'word:B']],
    ['a ---- b\nc', ['word:A', 'symbol:-', 'symbol:-', 'word:C']],
    ['a -- b\rc', ['word:A']],
    ['a --\x01b', undefined],
    ['a #b\nc', ['word:A', 'word:C']],
    ['a#', ['word:A']],
    ['a/*b*/c', ['word:A', 'word:C']],
    ['a/**/c', ['word:A', 'word:C']],
    ['a/***/c', ['word:A', 'word:C']],
    ['a/*/c', undefined],
    ['a/*/b*/c', ['word:A', 'word:C']],
    ["a/*'*/c'd'", ['word:A', 'word:C', 'quoted:D']],
    ['a/* /* */', undefined],
    ['a*/b', undefined],
    ['a/*!b*/c', undefined],
    ['a/*M!b*/c', undefined],
    ['a/*m!b*/c', undefined],
    ['a/* !b*/c', ['word:A', 'word:C']],
    ['a/*+ b(1) */c', ['word:A', 'word:C']],
    ["a/*+ b('1') */c", undefined],
    ['a/*+ SET_VAR(b) */c', undefined],
  ])('reads %j', (sql, expected) => {
    for (const mode of modes) expect(read(sql, mode)).toEqual(expected);
  });
});

it('accounts for every character: between tokens there is nothing but blank space and comments', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      'for',
      "'x'",
      '"x"',
      '`x`',
      "''",
      "'\\''",
      '\\',
      '"\\"',
      "'",
      '"',
      '`',
      '1',
      '1.5',
      '0x1',
      '.',
      ',',
      '(',
      ')',
      ';',
      '?',
      ':a',
    ],
    ...[
      '-',
      '--',
      '-- ',
      '#',
      '\n',
      ' ',
      '\t',
      '/*',
      '*/',
      '/**/',
      '/*!',
      '/*+',
      '*',
      '/',
      '!',
      '+',
      '@',
      '$',
      'é',
      '\0',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(...modes), (pieces, mode) => {
      const sql = pieces.join('');
      const tokens = tokenize(sql, mode);
      fc.pre(tokens !== undefined);
      let at = 0;
      for (const { kind, text, start, end } of [
        ...tokens,
        { kind: 'end', text: '', start: sql.length, end: sql.length },
      ]) {
        expect(start).toBeGreaterThanOrEqual(at);
        expect(sql.slice(at, start)).toMatch(
          /^(?:\s|--(?:\s[^\n]*)?(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/,
        );
        const raw = sql.slice(start, end).toUpperCase();
        expect(kind === 'quoted' ? raw.slice(1, -1) : raw).toBe(text);
        at = end;
      }
    }),
    { numRuns: 3_000 },
  );
});

describe('without most values of a list', () => {
  const briefly = (sql: string, mode: LexicalMode = plain) => {
    const tokens = tokenizeBriefly(sql, mode, 1_000);
    return typeof tokens === 'string' ? tokens : tokens?.map(({ text }) => text).join(' ');
  };

  test.each([
    ['a in (1, 2, 3, 4)', 'A IN ( 1 , 4 )'],
    ['a in (?,?,?)', 'A IN ( ? , ? )'],
    [`a in ('x', 'é', '', 'it''s', 'y')`, `A IN ( X , IT''S , Y )`],
    ['a in (-1.5 , 2 ,\n3)', 'A IN ( - 1.5 , 3 )'],
    ["(a, b) in ((1, 2), (3, 'x'), ( ? , ? ), (7, 8))", '( A , B ) IN ( ( 1 , 2 ) , ( 7 , 8 ) )'],
    // Nothing is left out that is no plain value, or has none on one of its sides.
    ['a in (1, b, 2)', 'A IN ( 1 , B , 2 )'],
    ['a in (1, 2 + 3, f(4), 5)', 'A IN ( 1 , 2 + 3 , F ( 4 ) , 5 )'],
    ['f (a, 1, b)', 'F ( A , 1 , B )'],
    ['f (a, (1), b)', 'F ( A , ( 1 ) , B )'],
    ["a in (1, 'x' 'y', 2)", 'A IN ( 1 , X Y , 2 )'],
    ["a in (1, 'x\\'', 2)", "A IN ( 1 , X\\' , 2 )"],
    ['a in (1, "x", 2)', 'A IN ( 1 , X , 2 )'],
    ['a in (1, :b, :c, 2)', 'A IN ( 1 , :B , :C , 2 )'],
    ['a in (1, 2e, 3)', undefined],
  ])('%s', (sql, expected) => {
    expect(briefly(sql)).toBe(expected);
  });

  it('says so where there are too many tokens, and reads no further', () => {
    expect(tokenizeBriefly('a b c', plain, 3)).toHaveLength(3);
    expect(tokenizeBriefly('a b c d @', plain, 3)).toBe('too many');
  });

  it('has room for a list of any length', () => {
    const list = Array.from({ length: 200_000 }, (_, index) => (index % 2 === 0 ? `'u${index}'` : '(1, 2)')).join(',');
    expect(tokenizeBriefly(`a in (${list})`, plain, 12)).toHaveLength(11);
  });

  it('leaves out whole values and nothing else', () => {
    const value = fc.constantFrom(
      '1',
      '-2.5',
      '?',
      "'a'",
      "'b,c'",
      "''",
      '(1, 2)',
      "('x' , ?)",
      'c',
      '"d"',
      'f(1)',
      '1 + 2',
    );
    const blank = fc.constantFrom('', ' ', '\n');
    const list = fc.array(fc.tuple(blank, value, blank), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(list, fc.constantFrom(...modes), (values, mode) => {
        const sql = `a in (${values.map((parts) => parts.join('')).join(',')}) and b`;
        const all = tokenize(sql, mode) ?? [];
        const brief = tokenizeBriefly(sql, mode, 1_000);
        const kept = new Set((brief as typeof all).map(({ start }) => start));
        expect(all.filter(({ start }) => kept.has(start))).toEqual(brief);
        const left = all.filter(({ start }) => !kept.has(start)).map(({ kind }) => kind);
        expect(left).not.toContain('word');
        // Around what was left out there is a comma on either side.
        expect((brief as typeof all).filter(({ text }) => text === ',').length).toBeGreaterThanOrEqual(
          Math.min(values.length - 1, 1),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

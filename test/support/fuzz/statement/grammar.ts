import fc from 'fast-check';
import * as sql from './fragments.ts';

/**
 * Statements, rich in what a judge of reads may overlook. They are made for the tables, functions and sequences of `world.ts`, so that most of
 * them run: a hazard in a syntax error harms nobody and proves nothing.
 *
 * @param directory where `INTO OUTFILE` may write.
 */
export function statements(directory: string): fc.Arbitrary<string> {
  const file = `${directory}/out`;
  const tail = fc.constantFrom(
    ...sql.TAILS,
    `into outfile '${file}'`,
    `INTO/**/OUTFILE '${file}'`,
    `limit 1 into dumpfile "${file}"`,
  );
  return fc.oneof(
    { weight: 8, arbitrary: composed(tail) },
    { weight: 6, arbitrary: mutated(tail) },
    { weight: 4, arbitrary: polyglot },
    { weight: 2, arbitrary: mutatedPolyglot(tail) },
    { weight: 1, arbitrary: fc.constantFrom(...sql.STATEMENTS) },
  );
}

const gap = fc.oneof(
  { weight: 12, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.constantFrom(...sql.ODD_BLANKS) },
);

/** Parts in a row, usually with one space between. */
function row(...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> {
  const arbitraries = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part));
  return fc
    .tuple(fc.tuple(...arbitraries), fc.array(gap, { minLength: parts.length, maxLength: parts.length }))
    .map(([texts, gaps]) => texts.map((text, index) => text + gaps[index]).join(''));
}

const hazard = fc.oneof(fc.constantFrom(...sql.HAZARDS), fc.mixedCase(fc.constantFrom(...sql.HAZARDS)));

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  const infix = fc.constantFrom('+', '=', 'and', 'or', '<=>', 'like', '||', ',');
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 5, arbitrary: fc.constantFrom(...sql.NAMES, ...sql.NUMBERS) },
      { weight: 3, arbitrary: fc.constantFrom(...sql.TEXTS) },
      { weight: 1, arbitrary: hazard },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom(...sql.PURE), inner).map(([name, value]) => `${name}(${value})`),
      },
      { weight: 1, arbitrary: row(inner, infix, inner) },
      { weight: 1, arbitrary: row('case when', inner, 'then', inner, 'end') },
      { weight: 1, arbitrary: row(fc.constantFrom('(', '(select', 'exists(select'), inner, ')') },
      { weight: 1, arbitrary: row('cast(', inner, 'as', fc.constantFrom('char', 'char(3)', 'decimal(4,2)'), ')') },
    ),
  };
});

function composed(tail: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const maybe = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.option(arbitrary, { nil: '', freq: 3 });
  const select = row(
    fc.constantFrom(...sql.BEGINNINGS),
    expression,
    maybe(fc.constantFrom('as f', 'as `x`', "as 'x'", ', 1 as "y"')),
    'from',
    fc.constantFrom(...sql.TABLES),
    maybe(row('where', expression)),
    maybe(row('order by', fc.constantFrom(...sql.NAMES, '1'))),
    maybe(fc.constantFrom('limit 2', 'limit 1, 2')),
    maybe(tail),
  );
  return fc.oneof(
    { weight: 8, arbitrary: select },
    { weight: 2, arbitrary: row('select', expression) },
    { weight: 1, arbitrary: row('explain', select) },
    { weight: 1, arbitrary: row('(', select, ') union all (', select, ')') },
  );
}

interface Edit {
  readonly kind: 'insert' | 'replace' | 'delete' | 'swap' | 'repeat';
  readonly at: number;
  readonly text: string;
}

function edits(tail: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Edit[]> {
  const asListItem = fc
    .tuple(hazard, fc.constantFrom('¤', ', ¤', '¤ ,', 'and ¤'))
    .map(([code, shape]) => put(shape, code));
  const text = fc.oneof(
    { weight: 3, arbitrary: asListItem },
    { weight: 3, arbitrary: tail },
    { weight: 2, arbitrary: fc.constantFrom(...sql.QUOTE_TRICKS) },
    { weight: 1, arbitrary: fc.constantFrom(...sql.ODD_BLANKS) },
  );
  const kind = fc.constantFrom<Edit['kind']>('insert', 'insert', 'replace', 'replace', 'delete', 'swap', 'repeat');
  // The end is where most hazards are legal.
  const at = fc.oneof(fc.nat(40), fc.constant(1_000));
  return fc.array(fc.record({ kind, at, text }), { minLength: 1, maxLength });
}

function edit(original: readonly string[], changes: readonly Edit[]): string[] {
  const tokens = [...original];
  for (const { kind, at: wished, text } of changes) {
    const at = Math.min(wished, tokens.length);
    const token = tokens[at] ?? '';
    if (kind === 'insert') tokens.splice(at, 0, text);
    else if (kind === 'replace') tokens.splice(at, 1, text);
    else if (kind === 'delete') tokens.splice(at, 1);
    else if (kind === 'repeat') tokens.splice(at, 0, token);
    else tokens.splice(at, 2, tokens[at + 1] ?? '', token);
  }
  return tokens;
}

function mutated(tail: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...sql.ORIGINALS), edits(tail, 3))
    .chain(([tokens, changes]) => row(...edit(tokens, changes)));
}

const polyglot: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...sql.POLYGLOTS), fc.oneof(hazard, fc.constantFrom(...sql.TAILS)))
  .map(([shape, code]) => put(shape, code));

function mutatedPolyglot(tail: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(polyglot, edits(tail, 2))
    .map(([statement, changes]) => edit(statement.split(/(?<=[ ,'"])/), changes).join(''));
}

function put(shape: string, code: string): string {
  return shape.replace('¤', () => code);
}

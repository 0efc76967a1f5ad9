import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeRead } from '../../src/sql/safe-read.ts';
import { type LexicalMode, tokenize } from '../../src/sql/sql-lexer.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';

const modes: readonly LexicalMode[] = [true, false].flatMap((backslashEscapes) =>
  [true, false].map((ansiQuotes) => ({ backslashEscapes, ansiQuotes })),
);

/** Words, each another one, among all that decides whether a server takes them for code or for a value. */
const texts = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('word') },
      { weight: 2, arbitrary: fc.constantFrom("'", '"', '`', '\\', "''", "\\'", '\\"', '(', ')', ' (', '()', '.') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(' ', ',', ' -- ', '\n', '/*', '*/', '#', '@', '@@', ';', ' for update', '1'),
      },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((parts) => `select ${parts.map((part, index) => (part === 'word' ? `w${index}x` : part)).join('')}`);

/** Whether some sql_mode takes this place for a value, or cannot be sure. */
function mayBeValue(sql: string, at: number): boolean {
  return modes.some((mode) => {
    const token = tokenize(sql, mode)?.find(({ start, end }) => start <= at && at < end);
    return token === undefined || (token.kind === 'quoted' && sql.charAt(token.start) !== '`');
  });
}

it('why a read is not safe names nothing that any sql_mode takes for a value', () => {
  let named = 0;
  fc.assert(
    fc.property(texts, (sql) => {
      const { unsafe } = judgeRead(sql, { mayLock: false, server: undefined, safeFunctions: [] });
      for (const [word] of JSON.stringify(unsafe ?? {}).matchAll(/w\d+x/g)) {
        named += 1;
        expect(mayBeValue(sql, sql.indexOf(word)), word).toBe(false);
      }
    }),
    fuzzRun(20_000),
  );
  // Where nothing was ever named, that would prove nothing.
  expect(named).toBeGreaterThan(200);
}, 60_000);

import type { ErrorFacts } from '../error-facts.ts';
import type { ErrorRow } from './error-row.ts';

/** Finds the first row that says something about an error. */
export type RowFinder = (facts: ErrorFacts) => ErrorRow | undefined;

/** Prepares rows to be found by number and by code. Rows that have only a text are candidates for every error, in their place among the others. */
export function createRowFinder(rows: readonly ErrorRow[]): RowFinder {
  const byErrno = indexRows(rows, ({ errno = [] }) => errno);
  const byCode = indexRows(rows, ({ code = [] }) => code);
  const byText = rows.filter(hasOnlyText);
  return (facts) => candidatesFor(facts, byErrno, byCode, byText).find((row) => isRowFor(row, facts));
}

function indexRows<K>(rows: readonly ErrorRow[], keysOf: (row: ErrorRow) => readonly K[]): ReadonlyMap<K, ErrorRow[]> {
  const keys = new Set(rows.flatMap(keysOf));
  return new Map([...keys].map((key) => [key, rows.filter((row) => hasOnlyText(row) || keysOf(row).includes(key))]));
}

/** A server's number is more exact than any code beside it, which is not looked at then. */
function candidatesFor(
  { errno, code }: ErrorFacts,
  byErrno: ReadonlyMap<number, readonly ErrorRow[]>,
  byCode: ReadonlyMap<string, readonly ErrorRow[]>,
  byText: readonly ErrorRow[],
): readonly ErrorRow[] {
  if (errno !== undefined) return byErrno.get(errno) ?? byText;
  return (code === undefined ? undefined : byCode.get(code)) ?? byText;
}

function isRowFor({ when, text }: ErrorRow, { connecting, message }: ErrorFacts): boolean {
  if (when !== undefined && (when === 'connecting') !== connecting) return false;
  return text?.test(message) ?? true;
}

function hasOnlyText({ errno, code, text }: ErrorRow): boolean {
  return errno === undefined && code === undefined && text !== undefined;
}

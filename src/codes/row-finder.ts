import type { ErrorFacts } from '../error-facts.ts';
import type { ErrorRow } from './error-row.ts';

/** Finds the first row that says something about an error. */
export type RowFinder = (facts: ErrorFacts) => ErrorRow | undefined;

/**
 * Prepares rows to be found by number and by code. Rows that have only a text are candidates, in their place among the others, for every error
 * that was made on this side and has no number.
 */
export function createRowFinder(rows: readonly ErrorRow[]): RowFinder {
  const byErrno = indexRows(rows, ({ errno = [] }) => errno, []);
  const byText = rows.filter(hasOnlyText);
  const byCode = indexRows(rows, ({ code = [] }) => code, byText);
  return (facts) => candidatesFor(facts, byErrno, byCode, byText).find((row) => isRowFor(row, facts));
}

/** @param others candidates for every key */
function indexRows<K>(
  rows: readonly ErrorRow[],
  keysOf: (row: ErrorRow) => readonly K[],
  others: readonly ErrorRow[],
): ReadonlyMap<K, ErrorRow[]> {
  const keys = new Set(rows.flatMap(keysOf));
  return new Map(
    [...keys].map((key) => [key, rows.filter((row) => others.includes(row) || keysOf(row).includes(key))]),
  );
}

/** A server's number is more exact than any code or text beside it, which are not looked at then. */
function candidatesFor(
  { errno, code }: ErrorFacts,
  byErrno: ReadonlyMap<number, readonly ErrorRow[]>,
  byCode: ReadonlyMap<string, readonly ErrorRow[]>,
  byText: readonly ErrorRow[],
): readonly ErrorRow[] {
  if (errno !== undefined) return byErrno.get(errno) ?? [];
  return (code === undefined ? undefined : byCode.get(code)) ?? byText;
}

function isRowFor(row: ErrorRow, facts: ErrorFacts): boolean {
  const { when, text } = row;
  if (when !== undefined && !holdsNow(when, facts)) return false;
  if (hasOnlyText(row) && !facts.ownWords) return false;
  return text?.test(facts.message) ?? true;
}

function holdsNow(when: NonNullable<ErrorRow['when']>, { connecting, alone, limited }: ErrorFacts): boolean {
  if (when === 'alone') return alone;
  return when === 'limited' ? limited : (when === 'connecting') === connecting;
}

function hasOnlyText({ errno, code, text }: ErrorRow): boolean {
  return errno === undefined && code === undefined && text !== undefined;
}

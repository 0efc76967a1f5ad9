import type { Offence } from './check.ts';
import type { Call, CallKind } from './history.ts';

/** The rows of a call that do not stand and fall together, by their amounts. */
const awaited = 1;
const unheard = 2;

/** Its callback always throws, its procedure always fails, or it leaves without COMMIT: nobody commits what it did. */
const isNeverCommitted: ReadonlySet<CallKind> = new Set(['thrower', 'procedure', 'abandoner']);
/** It commits a part of its work before it ends. */
const commitsInBetween: ReadonlySet<CallKind> = new Set(['ddl', 'ddl-rerun']);
/** The second of its rows may be refused without the first one. */
const mayForget: ReadonlySet<CallKind> = new Set(['forgotten', 'forgotten-rerun', 'race']);

/** Whether what a call of this kind may leave behind is more than all or nothing. */
export function hasParts(kind: CallKind): boolean {
  return isNeverCommitted.has(kind) || commitsInBetween.has(kind) || mayForget.has(kind);
}

/** @param amounts of the rows with the id of the call */
export function offenceOfParts(
  { kind, answer, outcome, result = 0 }: Call,
  amounts: readonly (number | null)[],
): Offence | undefined {
  if (new Set(amounts).size < amounts.length) return 'applied twice';
  if (isNeverCommitted.has(kind)) return amounts.length > 0 ? 'committed by another' : undefined;
  const has = (amount: number) => amounts.includes(amount);
  if (has(unheard) && !has(awaited)) return 'applied in part';
  if (answer === 'ok') {
    // The sum of the amounts whose statements were answered.
    const told = [awaited, unheard].filter((amount) => (result & amount) !== 0);
    if (!told.every(has)) return 'acknowledged, then lost';
    return told.length < amounts.length ? 'refused, yet applied' : undefined;
  }
  const isDenied = commitsInBetween.has(kind)
    ? outcome === 'rolled-back' || outcome === 'not-executed'
    : answer === 'refused';
  return isDenied && amounts.length > 0 ? 'refused, yet applied' : undefined;
}

import { medianOf } from './trend.ts';
import { blocksTooLong, delayRatios, findings, growths, limits, type SoakResult } from './verdict.ts';

/** What a run has shown, for people. */
export function linesOf(result: SoakResult): readonly string[] {
  const { told, seconds, faults, large, left, readings, warmUp } = result;
  const count = Object.values(faults).reduce((sum, times) => sum + times, 0);
  const { callsPerSecond, isEnough } = rateOf(result);
  const less = `, fewer than the ${whole(limits.callsPerSecond)} that make a million in half an hour`;
  const span = (readings.at(-1)?.calls ?? 0) - (readings[warmUp]?.calls ?? 0);
  return [
    `${told.calls} calls in ${whole(seconds)} s; ${whole(callsPerSecond)} a second under faults${isEnough ? '' : less}`,
    `${count} faults: ${listOf(faults)}`,
    `calls that failed: ${listOf(told.errors)}`,
    `after the warm-up, in ${span} calls:`,
    ...growths(result).map(
      ({ name, unit, growth, low, high, last, findable }) =>
        `  ${name}: ${short(last)} ${unit}, grew by ${short(growth)} (${short(low)} to ${short(high)}; a growth by ${short(findable)} would have been found)`,
    ),
    `  alive: ${listOf({ ...readings[warmUp - 1]?.census })}; after the last round ${listOf({ ...result.census })}`,
    'the event loop was late (p99), with and without this package:',
    ...delayRatios(result).map(
      ({ client, pairs, oursMs, bareMs, ratio, low, high, isTooMuch }) =>
        `  ${client}: ${short(oursMs)} and ${short(bareMs)} ms, ratio ${short(ratio)} (${short(low)} to ${short(high)}), ${pairs} pairs${isTooMuch ? ', too late' : high > limits.delayRatio ? `, not certain to be below ${limits.delayRatio}` : ''}`,
    ),
    'a megabyte that fails held it up for so many ms (median, at most; without this package):',
    ...large.map((each) => {
      const { client, statement, end, told: became, oursMs, bareMs } = each;
      const figures = `${short(medianOf(oursMs))}, ${short(Math.max(...oursMs))}; ${short(medianOf(bareMs))}`;
      return `  ${client}, ${statement}, ${end}: ${figures}${blocksTooLong(each) ? ', too long' : ''} (${became.join(', ')})`;
    }),
    `at the end: ${left.stock.openSockets} sockets, ${left.stock.runningTimers} timers, ${left.stock.poolListeners} listeners (${result.before.poolListeners} at the beginning), ${left.threads} threads, ${left.transactions.length} transactions`,
  ];
}

/** The same for programs. */
export function objectOf(result: SoakResult) {
  const found = findings(result);
  const delays = delayRatios(result);
  return {
    passed: found.length === 0,
    findings: found,
    limits,
    ...rateOf(result),
    growths: growths(result),
    delays,
    ...result,
  };
}

/** A machine that makes fewer calls has shown less, and is no reason to call the run bad. */
function rateOf({ told, loadedSeconds }: SoakResult): { readonly callsPerSecond: number; readonly isEnough: boolean } {
  const callsPerSecond = told.calls / loadedSeconds;
  return { callsPerSecond, isEnough: callsPerSecond >= limits.callsPerSecond };
}

function listOf(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} x ${name}`).join(', ') || 'none';
}

function whole(value: number): string {
  return Math.round(value).toString();
}

function short(value: number): string {
  return value.toFixed(2).replace(/\.00$/, '');
}

import { loadavg } from 'node:os';
import { describeMachine } from '../test/support/command/command-line.ts';
import { versionsHere } from './versions.ts';

/** What else somebody has to know who compares two reports. */
export interface Circumstances {
  readonly arguments: readonly string[];
  /** A date, as ISO 8601 has it. */
  readonly measuredAt: string;
  readonly machine: string;
  /** How many processes wanted a CPU in the minute before it began, on average. */
  readonly load: number;
  /** Of what was measured, by package. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Of a run that begins now: later, the load is its own. */
export function circumstancesOf(args: readonly string[]): Circumstances {
  const [load = 0] = loadavg();
  const measuredAt = new Date().toISOString().slice(0, 10);
  return { arguments: args, measuredAt, machine: describeMachine(), load, versions: versionsHere() };
}

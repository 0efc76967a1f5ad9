import type { Subject, Windows } from './requests.ts';

/** What stands for the work of a call: instructions, or nanoseconds of CPU time. */
export type Unit = 'instructions' | 'ns';

/** A process with a contender whose work is counted. */
export interface CountedChild {
  open(subject: Subject): Promise<void>;
  /** The same without counting. */
  rehearse(windows: Windows): Promise<unknown>;
  /** @returns the work of each window */
  work(windows: Windows): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface Counter {
  readonly unit: Unit;
  /** What counts, for people. */
  readonly how: string;
  /** How many times more calls it takes than valgrind does. */
  readonly factor: number;
  /** How many processes may be counted side by side. */
  readonly lanes: number;
  /** @param program a file of JavaScript */
  begin(program: string): Promise<CountedChild>;
}

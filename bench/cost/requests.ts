import type { Target } from '../contenders/contender.ts';
import type { Group, Statement } from '../plan.ts';
import type { Site } from './heap-profile.ts';

/** One contender and one statement. */
export interface Subject {
  readonly group: Group;
  readonly name: string;
  readonly statement: Statement;
  readonly target: Target;
}

/** So many windows, each with so many calls. */
export interface Windows {
  readonly windows: number;
  readonly calls: number;
  readonly concurrency: number;
}

export type CostRequest =
  | { readonly verb: 'open'; readonly subject: Subject }
  /** Holds against the tables what comes of the calls. */
  | { readonly verb: 'verify' }
  | ({ readonly verb: 'work' } & Windows)
  | ({ readonly verb: 'allocate'; readonly folder: string } & Windows);

/** Nanoseconds of user CPU time in each window. */
export type Worked = readonly number[];

export interface Allocated {
  /** In each window. */
  readonly bytes: readonly number[];
  /** In all of them, of what is in the folder that was named. */
  readonly sites: readonly Site[];
}

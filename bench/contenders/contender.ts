import type { Group, NameIn, Statement } from '../plan.ts';

/** Of every contender's pool. */
export const poolSize = 10;

export type Call = (index: number) => PromiseLike<unknown>;

/** A contender with a pool of its own. Some have no more than transactions. */
export interface OpenContender {
  readonly calls: Partial<Readonly<Record<Statement, Call>>>;
  close(): Promise<unknown>;
}

/** Where the server is to be reached, and as whom. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Loads what it takes, too: a peer may not be there. */
export type Open = (target: Target) => Promise<OpenContender>;

export type Recipes<G extends Group> = Readonly<Record<NameIn<G>, Open>>;

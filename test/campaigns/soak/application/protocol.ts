import type { Leak } from './leaks.ts';

export const soakedClients = ['mysql2', 'drizzle', 'prisma'] as const;
export type SoakedClient = (typeof soakedClients)[number];

/** Where a client connects. */
export interface Address {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** Behind it the server sees the client's own address and port. */
  readonly port: number;
  /** For a driver that cannot name its own address, which that needs. */
  readonly plainPort: number;
  /** Of the server itself, where no fault happens to connections. */
  readonly directPort: number;
}

export type Request =
  | {
      readonly verb: 'open';
      readonly address: Address;
      readonly clients: readonly SoakedClient[];
      /** Without it, nothing of this package is in the way. */
      readonly wrapped: boolean;
      readonly leaks: readonly Leak[];
    }
  | { readonly verb: 'load'; readonly ms: number; readonly seed: number }
  | {
      readonly verb: 'quiet';
      readonly client: SoakedClient;
      /** Of the same load, before it counts. */
      readonly runUpMs: number;
      readonly ms: number;
      readonly seed: number;
    }
  | { readonly verb: 'large'; readonly client: SoakedClient; readonly statement: LargeStatement; readonly port: number }
  | { readonly verb: 'holdings' }
  | { readonly verb: 'end' }
  | { readonly verb: 'stock'; readonly census: boolean };

/** What is sent, a megabyte of it. */
export const largeStatements = ['syntax error', 'read of a long text', 'read of a long list', 'write'] as const;
export type LargeStatement = (typeof largeStatements)[number];

/** What the name of an error begins with that is a row which nobody has written. */
export const wrongAnswer = 'wrong answer';

/** What callers were told while faults happened. */
export interface Told {
  readonly calls: number;
  /** How many calls failed, by their errors. */
  readonly errors: Readonly<Record<string, number>>;
  /** Calls that had no answer long after the last fault. */
  readonly hung: number;
}

/** Calls without faults, and how late the event loop was meanwhile. */
export interface Quiet {
  readonly calls: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LargeFailure {
  /** By how much the event loop was late at most. */
  readonly blockedMs: number;
  /** What became of it, in a few words. */
  readonly told: string;
}

/** What belongs to the pools while they have connections, and no call is under way. */
export interface Holdings {
  /** Of all pools, and of the signal that calls share. */
  readonly poolListeners: number;
  /** Of the connection that has most, with those of its socket. */
  readonly connectionListeners: number;
  readonly connections: number;
  /** Connections that nobody uses and that did not come back to their pool. */
  readonly lent: number;
}

/** What the process holds, when no call is under way and all garbage is collected. */
export interface Stock {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly rssBytes: number;
  /** What keeps the process alive. */
  readonly openSockets: number;
  readonly runningTimers: number;
  readonly census: Census | undefined;
  /** Errors that nobody heard, until now. */
  readonly unheard: readonly string[];
}

/** Objects that are alive, also those that do not keep the process alive. To count them takes seconds. */
export interface Census {
  readonly timers: number;
  readonly sockets: number;
  readonly promises: number;
}

export interface Answers {
  readonly open: Holdings;
  readonly load: Told;
  readonly quiet: Quiet;
  readonly large: LargeFailure;
  readonly holdings: Holdings;
  readonly stock: Stock;
  readonly end: Holdings & Stock;
}

export type Verb = keyof Answers;
export type RequestOf<V extends Verb> = Extract<Request, { readonly verb: V }>;

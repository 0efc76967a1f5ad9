import type { ConnectionOptions } from 'mysql2/promise';
import type { ResilienceOptions } from '../../../src/index.ts';
import type { WayName } from './ways.ts';
import type { WorkloadName } from './workloads.ts';

/** One run of a workload. */
export interface Run {
  /** Of the rows that it leaves behind, and of its account. Always of seven digits, so that every run takes the same bytes. */
  readonly id: number;
  /** To be called by the callback of a transaction. */
  callback(): void;
  /** To be given a write that the callback of a transaction does not wait for. */
  forget(write: Promise<unknown>): void;
}

export type Work = (run: Run) => Promise<unknown>;

/** A pool of one connection, and what can be done with it. */
export interface Client {
  /** A safe read: answers, and leaves a sound connection in the pool. */
  warm(): Promise<unknown>;
  readonly work: Partial<Record<WorkloadName, Work>>;
  end(): Promise<unknown>;
}

export interface ClientKind {
  readonly workloads: readonly WorkloadName[];
  /** Cut at every so many bytes only: those of TLS are the same to whoever reads them. */
  readonly every?: number;
  readonly tls?: true;
  /** It prepares what it sends, once on each connection. */
  readonly prepares?: true;
  /** Ways that make no sense for it. */
  readonly leavesOut?: readonly WayName[];
  /** In what it differs from the others, or what it needs: printed with what came out, for whoever reads that. */
  readonly notes?: readonly string[];
  open(connection: ConnectionOptions, policy: ResilienceOptions): Client;
}

/** For how long a callback does something else, in milliseconds: less than a new connection takes, mostly. */
export const whileUnderWay = 3;

/** What a callback throws that always throws. */
export class CallbackError extends Error {}

/** The answer to a read is not what is in the table. */
export class WrongAnswer extends Error {}

export function expectRows(rows: unknown, expected: unknown): void {
  if (JSON.stringify(rows) !== JSON.stringify(expected)) {
    throw new WrongAnswer(`Expected ${JSON.stringify(expected)}, got ${JSON.stringify(rows)}`);
  }
}

/** How many rows the long result has; they are in `byte_numbers`, from 0 on. */
export const longResult = 1_000;
/** What makes an INSERT one of 3 MB. */
export const padding: string = 'x'.repeat(3_000_000);
/** What makes one longer than the buffers of both kernels, which grow to 4 MB and more on Linux; and still shorter than `max_allowed_packet`. */
export const hugePadding: string = 'x'.repeat(14_000_000);

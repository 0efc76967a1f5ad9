import type { EventRow } from './cluster-events.ts';

/** What is proven on one server, or on several that belong together. */
export interface Campaign {
  /** What `--server` calls it. */
  readonly name: string;
  /** @throws {UnavailableError} when what it needs is not to be had here. */
  run(context: CampaignContext): Promise<Findings>;
}

export interface CampaignContext {
  /** Only test files with one of these in their paths; empty for all. */
  readonly files: readonly string[];
  /** One line of progress. */
  say(line: string): void;
}

export interface Findings {
  /** Of the server, for example '10.11.19'. */
  readonly version: string;
  readonly passed: number;
  readonly skipped: number;
  /** Why tests were skipped, the most frequent reason first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly failures: readonly Failure[];
  /** Where it is events that were let happen: what came of each. */
  readonly events?: readonly EventRow[];
}

export interface Failure {
  /** Which test, and where. */
  readonly test: string;
  readonly message: string;
}

/** A server that cannot be fetched or does not run here; the message says why. */
export class UnavailableError extends Error {}

/** A line of the report. */
export type Row = { readonly name: string; readonly ms: number } & (
  | ({ readonly available: true; readonly failed: number } & Findings)
  | { readonly available: false; readonly why: string }
);

/** Runs a campaign to its end, whatever that is. */
export async function rowOf({ name, run }: Campaign, context: CampaignContext): Promise<Row> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    const findings = await run(context);
    return { name, available: true, failed: findings.failures.length, ...findings, ms: ms() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UnavailableError) return { name, available: false, why: message, ms: ms() };
    const failures = [{ test: 'the campaign itself', message }];
    return { name, available: true, version: '', passed: 0, failed: 1, skipped: 0, reasons: [], failures, ms: ms() };
  }
}

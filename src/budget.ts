import type { Failure } from './failure.ts';

export interface BudgetOptions {
  /** Retries that may be spent at once after a quiet time. */
  readonly capacity: number;
  /** What a success pays back; 0.1 means that, in the long run, at most one call in ten may be a retry. */
  readonly refundPerSuccess: number;
  /** Tokens that come back by themselves, for pools that see little traffic. */
  readonly refillPerSecond: number;
}

/** Who pays for a retry: what a server that is away has used up is no reason to leave a deadlock unresolved, nor the other way round. */
export type BudgetAccount = 'losses' | 'conflicts';

/**
 * A retry budget for each pool, so that a fleet of clients does not multiply an outage: two token buckets of the same size, one for
 * conflicts with other work and one for everything else. A success pays into both.
 *
 * Source: retry throttling in gRPC (proposal A6, "gRPC Retry Design") and in the AWS SDKs' standard retry mode.
 */
export class RetryBudget {
  readonly #accounts: Readonly<Record<BudgetAccount, TokenBucket>>;

  constructor(options: BudgetOptions, now: () => number) {
    this.#accounts = { losses: new TokenBucket(options, now), conflicts: new TokenBucket(options, now) };
  }

  /** Pays for the retry that is to follow this failure; false when its account has not enough for it. */
  trySpend(failure: Failure): boolean {
    return this.#accounts[accountOf(failure)].trySpend(priceOf(failure));
  }

  /** A piece of work succeeded. */
  refund(): void {
    for (const account of Object.values(this.#accounts)) account.refund();
  }
}

/** Whose account a retry after this failure is paid from. */
export function accountOf({ kind }: Pick<Failure, 'kind'>): BudgetAccount {
  return kind === 'deadlock' || kind === 'conflict' || kind === 'lock-wait' ? 'conflicts' : 'losses';
}

/**
 * What a retry after this failure costs, in tokens.
 *
 * A conflict that the server has resolved costs a tenth. The server is there, answers, and has freed all that the loser held. Somebody else has
 * won, so each such failure stands for work that got on, and the budget has nothing to protect but the price of doing a transaction again. At a
 * tenth, the success of one winner pays for the retry of one loser (`refundPerSuccess` is 0.1 by default). A storm in which nobody wins is still
 * ended, and so is each of its calls, by `retries`.
 *
 * A lock wait timeout resolves nothing: the lock is still held, and a retry keeps a session of the server waiting for as long again.
 */
function priceOf({ kind }: Failure): number {
  return kind === 'deadlock' || kind === 'conflict' ? 0.1 : 1;
}

/** In the words of an error: whose account has nothing left for a retry after this failure. */
export function describeSpent(failure: Failure): string {
  const what = accountOf(failure) === 'conflicts' ? 'conflicts with other work' : 'losses';
  return `the pool's budget for retries after ${what} is spent (\`budget\`)`;
}

class TokenBucket {
  readonly #options: BudgetOptions;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(options: BudgetOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#tokens = options.capacity;
    this.#filledAt = now();
  }

  trySpend(price: number): boolean {
    this.#refill();
    if (this.#tokens < price) return false;
    this.#tokens -= price;
    return true;
  }

  refund(): void {
    if (this.#tokens < this.#options.capacity) this.#add(this.#options.refundPerSuccess);
  }

  #refill(): void {
    const now = this.#now();
    this.#add((Math.max(0, now - this.#filledAt) / 1000) * this.#options.refillPerSecond);
    this.#filledAt = now;
  }

  #add(tokens: number): void {
    this.#tokens = Math.min(this.#options.capacity, this.#tokens + tokens);
  }
}

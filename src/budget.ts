export interface BudgetOptions {
  /** Retries that may be spent at once after a quiet time. */
  readonly capacity: number;
  /** What a success pays back; 0.1 means that, in the long run, at most one call in ten may be a retry. */
  readonly refundPerSuccess: number;
  /** Tokens that come back by themselves, for pools that see little traffic. */
  readonly refillPerSecond: number;
}

/**
 * A retry budget: a token bucket for each pool, so that a fleet of clients does not multiply an outage.
 *
 * Source: retry throttling in gRPC (proposal A6, "gRPC Retry Design") and in the AWS SDKs' standard retry mode.
 */
export class RetryBudget {
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

  /** Takes one token for one retry; false when there is none. */
  trySpend(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** A piece of work succeeded. */
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

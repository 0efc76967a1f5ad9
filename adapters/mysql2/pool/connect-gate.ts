import { type Environment, type Failure, fullJitterDelay, publish, realEnvironment } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';
import { WaitingLine } from '../wait/waiting-line.ts';

/** Pauses between two attempts of the leader to connect, in milliseconds. */
const probeBackoff = { minTimeout: 25, maxTimeout: 500, factor: 2 };

/**
 * While the server is known to refuse connections, one caller at a time (the leader) tries to connect and all others wait for its
 * answer. A server that returns meets one handshake and not one for every waiting call.
 */
export class ConnectGate {
  readonly #environment: Environment;
  readonly #line = new WaitingLine();
  #down: { readonly error: unknown; readonly failure: Failure } | undefined;
  #leading = false;
  #probes = 0;
  #failedAt = 0;
  #downSince = 0;

  constructor(environment: Environment = realEnvironment) {
    this.#environment = environment;
  }

  get isDown(): boolean {
    return this.#down !== undefined;
  }

  /** Since when the server is down; undefined while it is not. */
  get downSince(): number | undefined {
    return this.#down === undefined ? undefined : this.#downSince;
  }

  /** Why the last attempt to connect failed, while the server is down. */
  get lastError(): unknown {
    return this.#down?.error;
  }

  get lastFailure(): Failure | undefined {
    return this.#down?.failure;
  }

  /** An attempt to connect failed in a way that may pass. */
  connectFailed(error: unknown, failure: Failure): void {
    if (this.#down === undefined) this.#downSince = this.#environment.now();
    if (this.#down === undefined) publish('gone-away:server-down', () => ({ failure }));
    this.#down = { error, failure };
    this.#failedAt = this.#environment.now();
  }

  /** A connection was made, or the server answered at least. */
  connected(): void {
    this.#probes = 0;
    if (this.#down === undefined) return;
    this.#down = undefined;
    publish('gone-away:server-up', () => ({ downForMs: this.#environment.now() - this.#downSince }));
    this.wakeWaiting();
  }

  /** Something changed that the waiting calls should look at: an idle connection, an ended pool. */
  wakeWaiting(): void {
    this.#line.wakeAll();
  }

  /** Becomes the one that tries to connect; false if there is one already. */
  tryLead(): boolean {
    if (this.#leading) return false;
    this.#leading = true;
    return true;
  }

  /** Stops being the leader, whatever came of it; somebody else may take over. */
  stopLeading(): void {
    this.#leading = false;
    this.#line.wakeFirst();
  }

  /** Whether the pause after the last attempt that failed is over. */
  isProbeDue(): boolean {
    return (
      this.#failedAt + fullJitterDelay(this.#probes + 1, probeBackoff, this.#environment.random) <=
      this.#environment.now()
    );
  }

  /** The leader's pause after the last attempt that failed, whoever made it; ends early when {@link wakeWaiting} is called. */
  async pauseBeforeProbe(limits: WaitLimits): Promise<void> {
    this.#probes += 1;
    const ownUntil = this.#failedAt + fullJitterDelay(this.#probes, probeBackoff, this.#environment.random);
    if (ownUntil <= this.#environment.now()) return;
    if (ownUntil >= limits.until) return this.#line.wait(limits);
    const over = Symbol('pause is over');
    try {
      await this.#line.wait({ ...limits, until: ownUntil, timedOut: () => over });
    } catch (error) {
      if (error !== over) throw error;
    }
  }

  /** Waits until the leader got an answer or stopped leading. */
  waitForChange(limits: WaitLimits): Promise<void> {
    return this.#line.wait(limits);
  }
}

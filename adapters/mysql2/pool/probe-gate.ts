import { type Environment, type Failure, fullJitterDelay, publish, realEnvironment } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';
import { WaitingLine } from '../wait/waiting-line.ts';

/** Pauses between two attempts of the leader, in milliseconds: they grow to a cap. */
const probeBackoff = { minTimeout: 25, factor: 2 };

/** What the callers of a gate wait for. */
export interface GateOptions {
  /** The names under which it is published that the server stops to do it, and does it again. */
  readonly down: 'gone-away:server-down' | 'gone-away:server-refuses';
  readonly up: 'gone-away:server-up' | 'gone-away:server-accepts';
  /** The cap of the pauses, in milliseconds, when the server has not done it for so long. */
  readonly longestPause: (downForMs: number) => number;
}

const connecting: GateOptions = {
  down: 'gone-away:server-down',
  up: 'gone-away:server-up',
  longestPause: () => 500,
};

/**
 * While the server is known not to do something (to accept connections, to take writes), one caller at a time, the leader, asks it, and all
 * others wait for its answer. A server that returns meets one handshake and not one for every waiting call.
 */
export class ProbeGate {
  readonly #environment: Environment;
  readonly #options: GateOptions;
  readonly #line = new WaitingLine();
  #down: { readonly error: unknown; readonly failure: Failure } | undefined;
  #leading = false;
  #probes = 0;
  #failedAt = 0;
  #downSince = 0;
  /** The pause of whoever does not wait for its end, and the failure that it follows. */
  #drawn = 0;
  #drawnFor: number | undefined;

  constructor(environment: Environment = realEnvironment, options: GateOptions = connecting) {
    this.#environment = environment;
    this.#options = options;
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

  /** An attempt failed in a way that may pass. */
  failed(error: unknown, failure: Failure): void {
    if (this.#down === undefined) this.#downSince = this.#environment.now();
    if (this.#down === undefined) publish(this.#options.down, () => ({ failure }));
    this.#down = { error, failure };
    this.#failedAt = this.#environment.now();
  }

  /** It was asked again, and is as it was. */
  stillDown(): void {
    this.#failedAt = this.#environment.now();
  }

  /** The server does it again: a connection was made, say, or it answered at least. */
  succeeded(): void {
    this.#probes = 0;
    if (this.#down === undefined) return;
    this.#down = undefined;
    publish(this.#options.up, () => ({ downForMs: this.#environment.now() - this.#downSince }));
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
    // Drawn once: of many callers that draw, the luckiest would decide.
    if (this.#drawnFor !== this.#failedAt) {
      this.#drawnFor = this.#failedAt;
      this.#drawn = this.#pauseUntil(this.#probes + 1);
    }
    return this.#drawn <= this.#environment.now();
  }

  /** The leader's pause after the last attempt that failed, whoever made it; ends early when {@link wakeWaiting} is called. */
  async pauseBeforeProbe(limits: WaitLimits): Promise<void> {
    this.#probes += 1;
    const ownUntil = this.#pauseUntil(this.#probes);
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

  #pauseUntil(probes: number): number {
    const maxTimeout = this.#options.longestPause(this.#failedAt - this.#downSince);
    return this.#failedAt + fullJitterDelay(probes, { ...probeBackoff, maxTimeout }, this.#environment.random);
  }
}

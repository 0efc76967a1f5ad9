import { type Environment, type Failure, publish, realEnvironment } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';
import { WaitingLine } from '../wait/waiting-line.ts';
import { isRefused, probePause } from './probe-pause.ts';

/** The names under which it is published that the server stops to do what callers wait for, and does it again. */
export interface GateChannels {
  readonly down: 'gone-away:server-down' | 'gone-away:server-refuses';
  readonly up: 'gone-away:server-up' | 'gone-away:server-accepts';
}

const connecting: GateChannels = { down: 'gone-away:server-down', up: 'gone-away:server-up' };

/**
 * While the server is known not to do something (to accept connections, to take writes), one caller at a time, the leader, asks it, and all
 * others wait for its answer. A server that returns meets one handshake and not one for every waiting call.
 */
export class ProbeGate {
  readonly #environment: Environment;
  readonly #channels: GateChannels;
  readonly #line = new WaitingLine();
  #down: { readonly error: unknown; readonly failure: Failure } | undefined;
  #leading = false;
  #downSince = 0;
  /** How often it was asked in vain since it is down in this way: away, or refusing. */
  #probes = 0;
  #thisWaySince = 0;
  /** When the pause after the last failure is over. Drawn once: of many callers that draw, the luckiest would decide. */
  #dueAt = 0;

  constructor(environment: Environment = realEnvironment, channels: GateChannels = connecting) {
    this.#environment = environment;
    this.#channels = channels;
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
    const now = this.#environment.now();
    const before = this.#down;
    this.#down = { error, failure };
    if (before === undefined) {
      this.#downSince = now;
      publish(this.#channels.down, () => ({ failure }));
    }
    if (before === undefined || isRefused(before.failure) !== isRefused(failure)) {
      this.#probes = 0;
      this.#thisWaySince = now;
    } else if (this.#leading) this.#probes += 1;
    this.#drawPause(failure, now);
  }

  /** It was asked again, and is as it was. */
  stillDown(): void {
    if (this.#down !== undefined) this.failed(this.#down.error, this.#down.failure);
  }

  /** The server does it again: a connection was made, say, or it answered at least. */
  succeeded(): void {
    if (this.#down === undefined) return;
    this.#down = undefined;
    publish(this.#channels.up, () => ({ downForMs: this.#environment.now() - this.#downSince }));
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
    return this.#dueAt <= this.#environment.now();
  }

  /** The leader's pause after the last attempt that failed, whoever made it; ends early when {@link wakeWaiting} is called. */
  async pauseBeforeProbe(limits: WaitLimits): Promise<void> {
    const ownUntil = this.#dueAt;
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

  #drawPause(failure: Failure, now: number): void {
    this.#dueAt = now + probePause(failure, this.#probes + 1, now - this.#thisWaySince, this.#environment.random);
  }
}

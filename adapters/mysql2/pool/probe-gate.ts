import { type Environment, type Failure, isRefusedByServer, publish, realEnvironment } from '../../../src/internal.ts';
import type { WaitLimits } from '../wait/bounded.ts';
import { ProbePause } from '../wait/probe-pause.ts';
import { WaitingLine } from '../wait/waiting-line.ts';

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
  readonly #pause: ProbePause;

  constructor(environment: Environment = realEnvironment, channels: GateChannels = connecting) {
    this.#environment = environment;
    this.#channels = channels;
    this.#pause = new ProbePause(environment);
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

  /** The error with which a server refuses that is there, while a leader asks it, or it is not yet to be asked again; undefined otherwise. */
  get refusal(): unknown {
    const down = this.#down;
    if (down === undefined || !isRefusedByServer(down.failure)) return undefined;
    return this.#leading || !this.#pause.isOver ? down.error : undefined;
  }

  /** An attempt failed in a way that may pass. */
  failed(error: unknown, failure: Failure): void {
    if (this.#down === undefined) {
      this.#downSince = this.#environment.now();
      publish(this.#channels.down, () => ({ failure }));
    }
    this.#down = { error, failure };
    this.#pause.failed(failure);
  }

  /** It was asked again, and is as it was. */
  stillDown(): void {
    if (this.#down !== undefined) this.failed(this.#down.error, this.#down.failure);
  }

  /** The server does it again: a connection was made, say, or it answered at least. */
  succeeded(): void {
    if (this.#down === undefined) return;
    this.#down = undefined;
    this.#pause.succeeded();
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
    return this.#pause.isOver;
  }

  /** The leader's pause after the last attempt that failed, whoever made it; ends early when {@link wakeWaiting} is called. */
  async pauseBeforeProbe(limits: WaitLimits): Promise<void> {
    if (this.#pause.isOver) return;
    const ownUntil = this.#pause.until;
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

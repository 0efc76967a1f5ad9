import type { Pool } from 'mysql2';
import { type Environment, type Failure, isCertainWrite } from '../../../src/internal.ts';
import { RefusalProbe } from '../control/refusal-probe.ts';
import { textOf } from '../driver/command.ts';
import type { WaitLimits } from '../wait/bounded.ts';
import { type GateChannels, ProbeGate } from './probe-gate.ts';

/** How long one question to the server may take, in milliseconds. */
const answerWithin = 2_000;

const refusing: GateChannels = { down: 'gone-away:server-refuses', up: 'gone-away:server-accepts' };

/** A server that answers and refuses: writes, because it is read-only, or everything, because it is not ready. */
export function isRefusal({ kind, invalidates }: Failure): boolean {
  return invalidates === 'server' && (kind === 'read-only' || kind === 'not-ready');
}

/**
 * Whether this statement is not even sent to a server that is known to be read-only, for it would refuse it. Of all others the server knows best. What it refuses then is
 * sent again, once it takes writes.
 */
export function waitsUnsent(sql: unknown): boolean {
  const text = textOf(sql);
  return text !== undefined && isCertainWrite(text);
}

/**
 * What a server refuses at the moment, for the whole pool. It is noticed once. What the server has refused, or certainly would, waits without a connection until
 * one caller has heard that it is taken again; everything else goes on.
 */
export class Refusals {
  readonly #gate: ProbeGate;
  readonly #probe: RefusalProbe;
  readonly #environment: Environment;
  readonly #onAccepted: () => void;
  #refused: 'writes' | 'everything' = 'writes';
  #isClosed = false;

  /** @param onAccepted called when the server takes everything again; another one may have taken over */
  constructor(pool: Pool, environment: Environment, onAccepted: () => void) {
    this.#gate = new ProbeGate(environment, refusing);
    this.#probe = new RefusalProbe(pool);
    this.#environment = environment;
    this.#onAccepted = onAccepted;
  }

  /** Since when the server refuses something; undefined while it is not known to. */
  get since(): number | undefined {
    return this.#isClosed ? undefined : this.#gate.downSince;
  }

  get lastError(): unknown {
    return this.#gate.lastError;
  }

  get lastFailure(): Failure | undefined {
    return this.#gate.lastFailure;
  }

  /** @param isWrite the server has refused this very work as a write, or would */
  apply(isWrite: boolean): boolean {
    return this.since !== undefined && (isWrite || this.#refused === 'everything');
  }

  note(error: unknown, failure: Failure): void {
    if (this.#gate.isDown) return;
    this.#refused = failure.kind === 'not-ready' ? 'everything' : 'writes';
    this.#gate.failed(error, failure);
  }

  /**
   * Waits until the server takes it. One caller asks; the others wait for what it hears.
   *
   * @throws what `timedOut` makes; the signal's reason
   */
  async wait(limits: WaitLimits): Promise<void> {
    while (this.since !== undefined) {
      if (this.#gate.tryLead()) await this.#lead(limits);
      else await this.#gate.waitForChange(limits);
    }
  }

  /** Somebody uses the pool for something that is not refused: the server is asked beside that, where nobody waits for it. */
  lookAside(): void {
    if (!this.#gate.isProbeDue() || !this.#gate.tryLead()) return;
    const { now } = this.#environment;
    const limits = {
      until: now() + answerWithin,
      now,
      signal: undefined,
      timedOut: () => undefined,
      keepsAlive: false,
    };
    this.#lead(limits).catch(() => {});
  }

  async #lead(limits: WaitLimits): Promise<void> {
    try {
      await this.#gate.pauseBeforeProbe(limits);
      if (this.since !== undefined) await this.#ask(limits);
    } finally {
      this.#gate.stopLeading();
    }
  }

  /** The pool was ended: whoever waits goes on, and hears of that. */
  close(): void {
    this.#isClosed = true;
    this.#probe.close();
    this.#gate.wakeWaiting();
  }

  async #ask(limits: WaitLimits): Promise<void> {
    const { now } = this.#environment;
    const answer = await this.#probe.ask(this.#refused, Math.min(limits.until, now() + answerWithin), now);
    if (answer === 'refuses') {
      this.#gate.stillDown();
      return;
    }
    this.#probe.close();
    // Where nobody can be asked, the next statement is the question, on the connections that there are.
    if (answer === 'takes' && !this.#isClosed) this.#onAccepted();
    if (!this.#isClosed) this.#gate.succeeded();
  }
}

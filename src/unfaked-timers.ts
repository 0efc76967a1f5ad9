import { Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';

/**
 * Timers that need nothing of `node:timers`. For where that was faked by node:test before this package was loaded: it keeps what it has replaced to itself. The timeout
 * of a socket is the engine's own, and so are messages between ports.
 */
class Unfaked {
  readonly #channel = new MessageChannel();

  protected constructor() {
    // Whoever listens keeps the process alive.
    this.#channel.port1.on('message', () => this.onMessage());
  }

  protected onMessage(): void {}

  protected post(): void {
    this.#channel.port2.postMessage(undefined);
  }

  unref(): this {
    this.#channel.port1.unref();
    return this;
  }

  close(): void {
    this.#channel.port1.close();
  }
}

class UnfakedTimeout extends Unfaked {
  readonly #socket = new Socket();

  constructor(callback: () => void, delay: number) {
    super();
    this.#socket.setTimeout(Math.max(1, delay), () => {
      this.close();
      callback();
    });
  }

  override close(): void {
    this.#socket.destroy();
    super.close();
  }
}

class UnfakedImmediate extends Unfaked {
  readonly #callback: () => void;

  constructor(callback: () => void) {
    super();
    this.#callback = callback;
    this.post();
  }

  protected override onMessage(): void {
    this.close();
    this.#callback();
  }
}

const clear = (timer: unknown): void => {
  if (timer instanceof Unfaked) timer.close();
};

/** By the names of those of Node.js. What they return can be cleared, and `unref()`. */
export const unfakedTimers: Readonly<Record<string, unknown>> = {
  setTimeout: (callback: (...values: unknown[]) => void, delay = 1, ...values: unknown[]) =>
    new UnfakedTimeout(() => callback(...values), delay),
  clearTimeout: clear,
  setImmediate: (callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    new UnfakedImmediate(() => callback(...values)),
  clearImmediate: clear,
};

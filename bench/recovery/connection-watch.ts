import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { now } from './clock.ts';
import type { Count } from './summary.ts';

interface Attempt {
  readonly at: number;
  /** Undefined when it is closed. */
  socket: Socket | undefined;
  /** The server has said something on it. */
  answered: boolean;
}

const channel = 'net.client.socket';

/** Sees every TCP connection that this process begins, while it is open, and does nothing to them. */
export class ConnectionWatch {
  readonly #attempts: Attempt[] = [];

  constructor() {
    subscribe(channel, this.#saw);
  }

  /** How many began from `from` to `over`, and so many milliseconds after that; and on how many of them the server spoke until now. */
  count(from: number, over: number, afterMs: number): { readonly connects: Count; readonly handshakes: Count } {
    const during = this.#attempts.filter(({ at }) => at >= from && at < over);
    const after = this.#attempts.filter(({ at }) => at >= over && at < over + afterMs);
    const answered = (attempts: readonly Attempt[]) =>
      attempts.filter((attempt) => attempt.answered || hasRead(attempt.socket)).length;
    return {
      connects: { during: during.length, after: after.length },
      handshakes: { during: answered(during), after: answered(after) },
    };
  }

  /** Ends what is open: a pool that waits for an answer that never comes does not do that itself. */
  destroyAll(): void {
    for (const { socket } of this.#attempts) socket?.destroy();
  }

  close(): void {
    unsubscribe(channel, this.#saw);
    this.destroyAll();
  }

  readonly #saw = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const attempt: Attempt = { at: now(), socket, answered: false };
    this.#attempts.push(attempt);
    socket.once('close', () => {
      attempt.answered = hasRead(socket);
      attempt.socket = undefined;
    });
  };
}

const hasRead = (socket: Socket | undefined): boolean => socket !== undefined && socket.bytesRead > 0;

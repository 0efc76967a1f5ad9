import { timers } from '../../../src/internal.ts';
import { nextTurn } from './operations-together.ts';

/**
 * The operations of one client that were called and are not with Prisma yet. Prisma's `$disconnect()` knows nothing of those: one that comes later
 * connects once more, and nobody disconnects that. One that comes with it, and of which Prisma makes a transaction, is cancelled.
 */
export class HandOver {
  #coming = 0;
  #waiting = 0;
  #disconnects = 0;
  #tellNone: (() => void) | undefined;

  /** How often somebody has disconnected: what began before the last time is not tried again. */
  get disconnects(): number {
    return this.#disconnects;
  }

  /** @returns what the operation is to say of itself */
  enter(): Coming {
    this.#coming += 1;
    return new Coming(this);
  }

  /** Ends when everything that was called has been with Prisma for a turn of the event loop, or has ended. */
  async beforeDisconnect(): Promise<void> {
    this.#disconnects += 1;
    this.#waiting += 1;
    try {
      // What was called in this turn comes to its hook, and what has passed its hook comes to Prisma.
      await nextTurn();
      while (this.#coming > 0) {
        await new Promise<void>((resolve) => {
          const others = this.#tellNone;
          this.#tellNone = () => {
            others?.();
            resolve();
          };
        });
        await nextTurn();
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Somebody waits for what is coming. */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Only for {@link Coming}. */
  leave(): void {
    this.#coming -= 1;
    if (this.#coming > 0) return;
    const tell = this.#tellNone;
    this.#tellNone = undefined;
    tell?.();
  }
}

/** An operation on its way to Prisma. */
export class Coming {
  readonly #handOver: HandOver;
  #isOver = false;

  constructor(handOver: HandOver) {
    this.#handOver = handOver;
  }

  /** It is given to Prisma in this turn of the event loop. Who has called `$disconnect()` by its end, waits for the answer as well. */
  given(): void {
    if (this.#isOver) return;
    timers.setImmediate(() => {
      if (!this.#handOver.isAwaited) this.over();
    });
  }

  /** It is with Prisma, or has ended. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handOver.leave();
  }
}

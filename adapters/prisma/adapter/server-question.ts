import { setMaxListeners } from 'node:events';
import { eitherSignal, type Operation, timers } from '../../../src/internal.ts';
import type { ResilientClient } from '../../mysql2/binding.ts';
import { statementRoomOf } from '../../mysql2/binding.ts';
import { queryRows } from './statement.ts';

const version = { sql: 'SELECT VERSION()', args: [], argTypes: [] };

const operation: Operation = {
  kind: 'statement',
  idempotent: false,
  isSafeRead: () => true,
  isHandedOver: () => false,
};

/** The question for the server's version, by which Prisma knows what it can do. It is answered once, and asked by whoever needs it until then. */
export class ServerQuestion {
  #answer: string | undefined;
  readonly #answered = new AbortController();
  readonly #whenAnswered: Promise<void>;
  readonly #asking = new Set<Promise<void>>();

  constructor() {
    const { signal } = this.#answered;
    // Any number of first callers may wait.
    setMaxListeners(0, signal);
    this.#whenAnswered = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Undefined until somebody has got it. */
  get answer(): string | undefined {
    return this.#answer;
  }

  /**
   * Asks with the limits of this client, and of nobody else: one who gives up leaves the others as they are. Who still waits for a connection
   * when somebody else is answered, sends nothing.
   *
   * @param client with the options of the call that this precedes
   * @param start ends it as the client's own signal does
   * @throws what the executor makes of the failure, which says that nothing of the caller's was executed; the reason of either signal
   */
  async ask(client: ResilientClient, start: AbortSignal | undefined): Promise<void> {
    if (this.#answer !== undefined) return;
    const asking = this.#ask(client, start).catch((error: unknown) => {
      if (this.#answer === undefined) throw error;
    });
    const ended = Promise.race([asking, this.#whenAnswered]);
    this.#asking.add(ended);
    try {
      await ended;
    } finally {
      this.#asking.delete(ended);
    }
  }

  /** Ends when nobody asks any more, and a turn of the event loop after that. */
  async settled(): Promise<void> {
    while (this.#asking.size > 0) await Promise.allSettled(this.#asking);
    await new Promise<void>((resolve) => timers.setImmediate(resolve));
  }

  async #ask({ core, policy: given }: ResilientClient, start: AbortSignal | undefined): Promise<void> {
    const limits = start === undefined ? { signal: given.signal, release() {} } : eitherSignal(given.signal, start);
    const waiting = eitherSignal(limits.signal, this.#answered.signal);
    const policy = Object.freeze({ ...given, signal: waiting.signal });
    // In flight it is not ended by the answer of another one: that would cost a connection.
    const sent = { attemptTimeout: given.attemptTimeout, signal: limits.signal };
    try {
      await core.executor.run(operation, policy, async ({ patience }) => {
        const lease = await core.acquire(policy, patience, false);
        try {
          if (this.#answer !== undefined) return;
          const { rows } = await lease.prepare(() =>
            queryRows(version, (method, sql, values) => lease.run(method, sql, values, sent), statementRoomOf(core)),
          );
          this.#answer ??= String(rows[0]?.[0] ?? '');
          this.#answered.abort();
        } finally {
          lease.release();
        }
      });
    } finally {
      waiting.release();
      limits.release();
    }
  }
}

import { eitherSignal, type Operation } from '../../../src/internal.ts';
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
  #tellAnswered: () => void = () => {};
  readonly #whenAnswered = new Promise<void>((resolve) => {
    this.#tellAnswered = resolve;
  });

  /** Undefined until somebody has got it. */
  get answer(): string | undefined {
    return this.#answer;
  }

  /**
   * Asks with the limits of this client, and of nobody else: one who gives up leaves the others as they are. It sends nothing if somebody has
   * been answered when it has a connection. That one is then there for what the caller sends next, so that the pool makes no more of them than there are callers.
   *
   * @param client with the options of the call that this precedes
   * @param start ends it as the client's own signal does
   * @throws what the executor makes of the failure, which says that nothing of the caller's was executed; the reason of either signal
   */
  async ask(client: ResilientClient, start: AbortSignal | undefined): Promise<void> {
    if (this.#answer !== undefined) return;
    await this.#ask(client, start);
  }

  /** The same for everybody who has called meanwhile: ends when anybody has an answer. */
  async askForAll(client: ResilientClient): Promise<void> {
    if (this.#answer !== undefined) return;
    const asking = this.#ask(client, undefined).catch((error: unknown) => {
      if (this.#answer === undefined) throw error;
    });
    await Promise.race([asking, this.#whenAnswered]);
  }

  async #ask({ core, policy: given }: ResilientClient, start: AbortSignal | undefined): Promise<void> {
    const either = start && eitherSignal(given.signal, start);
    const policy = either === undefined ? given : Object.freeze({ ...given, signal: either.signal });
    try {
      await core.executor.run(operation, policy, async ({ patience }) => {
        const lease = await core.acquire(policy, patience, false);
        try {
          if (this.#answer !== undefined) return;
          const send = () =>
            queryRows(version, (method, sql, values) => lease.run(method, sql, values, policy), statementRoomOf(core));
          const { rows } = await lease.prepare(send);
          this.#answer ??= String(rows[0]?.[0] ?? '');
          this.#tellAnswered();
        } finally {
          lease.release();
        }
      });
    } finally {
      either?.release();
    }
  }
}

import { type FenceLimits, type FenceResult, fenceTimeout, publish } from '../../src/index.ts';
import { bounded } from './bounded.ts';
import type { ControlConnection } from './control-connection.ts';
import { type Session, sight } from './session.ts';

/** Pauses between two looks at a thread that is ending, in milliseconds. */
const firstPause = 1;
const longestPause = 50;

/** The longest pause before a server that refuses connections is asked again, in milliseconds. */
const longestRefusal = 250;

/**
 * Stops the server's threads of lost sessions: what they have not committed is undone then, their locks are free, and nothing that they
 * were sent is executed any more.
 */
export class Fence {
  readonly #controlOf: (session: Session) => ControlConnection;
  readonly #attempts = new WeakMap<Session, Promise<FenceResult>>();

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  /** Begins without anybody waiting for it; who asks later gets the same answer. */
  begin(session: Session): void {
    this.#attempt(session);
  }

  /**
   * Makes sure that a session does not run any more. The session's own connection is of no use any more when this is called: destroyed, or
   * lost. Never rejects.
   */
  async fence(session: Session, limits: FenceLimits): Promise<FenceResult> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestRefusal)) {
      const result = await within(limits, this.#attempt(session));
      if (result !== 'unreachable' || !limits.insists || isOver(limits)) return result;
      await within(limits, wait(pause));
      if (isOver(limits)) return result;
    }
  }

  /** One attempt at a time, and none after an answer that stays true. */
  #attempt(session: Session): Promise<FenceResult> {
    let attempt = this.#attempts.get(session);
    if (attempt === undefined) {
      attempt = this.#published(session);
      this.#attempts.set(session, attempt);
    }
    return attempt;
  }

  async #published(session: Session): Promise<FenceResult> {
    const startedAt = performance.now();
    const result = await stop(session, this.#controlOf(session), startedAt + fenceTimeout);
    if (result === 'unreachable') this.#attempts.delete(session);
    const { threadId } = session;
    publish('gone-away:fence', () => ({ threadId, result, elapsedMs: performance.now() - startedAt }));
    return result;
  }
}

async function stop(session: Session, control: ControlConnection, until: number): Promise<FenceResult> {
  const { endpoints, threadId } = session;
  // By a socket file, everybody is "localhost".
  if (endpoints === undefined || threadId === undefined) return 'not-ours';
  const left = () => until - performance.now();
  let killed = false;
  for (let pause = firstPause; left() > 0; pause = Math.min(pause * 2, longestPause)) {
    const look = await control.look([threadId], left());
    if (look.answer !== 'threads') return 'unreachable';
    const { self } = look;
    const sighting = sight(session, self, look.threads);
    if (sighting === 'unprovable') return 'not-ours';
    // On a server where it was never seen, it may be missing because it is on another one.
    if (sighting === 'absent') return session.seenOn === self.server ? 'gone' : 'not-ours';
    session.seenOn = self.server;
    if (!killed) {
      const kill = await control.kill(threadId, self, left());
      if (kill === 'no-such-thread') return 'gone';
      if (kill === 'refused') return 'not-ours';
      killed = kill === 'killed';
    }
    await wait(pause);
  }
  return 'unreachable';
}

function isOver({ until, signal }: FenceLimits): boolean {
  return signal?.aborted === true || performance.now() >= until;
}

/** As long as somebody waits for the answer, the process lives. */
async function within<T>({ until, signal }: FenceLimits, work: Promise<T>): Promise<T | 'unreachable'> {
  try {
    return await bounded<T>({ until, signal, timedOut: () => undefined }, ({ resolve, reject }) => {
      work.then(resolve, reject);
    });
  } catch {
    return 'unreachable';
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

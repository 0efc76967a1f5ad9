import { type KillLimits, type KillResult, killTimeout, publish, timers } from '../../../src/internal.ts';
import { bounded } from '../wait/bounded.ts';
import type { ControlConnection } from './control-connection.ts';
import { findSession, type Session } from './session-identity.ts';

/** Pauses between two looks at a thread that is ending, in milliseconds. */
const firstPause = 1;
const longestPause = 50;

/** For how long a server that cannot be asked is asked again, in milliseconds. */
const persistence = 600_000;

/** The pauses before that, in milliseconds: between these two, a quarter of the time that it has lasted. */
const shortestRest = 50;
const longestRest = 5_000;

/**
 * Stops the server's threads of lost sessions: what they have not committed is undone then, their locks are free, and nothing that they
 * were sent is executed any more.
 *
 * A server that cannot be asked is asked again, also when nobody waits for that any more: on a path that went silent it does not miss its
 * client for hours, and whoever needs the locks of that session would wait for as long.
 */
export class SessionKiller {
  readonly #controlOf: (session: Session) => ControlConnection;
  readonly #pursuits = new WeakMap<Session, Pursuit>();
  readonly #end = new AbortController();

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  /** Begins without anybody waiting for it; who asks later gets the same answer. */
  begin(session: Session): void {
    this.#pursuitOf(session);
  }

  /**
   * Makes sure that a session does not run any more. The session's own connection is of no use any more when this is called: destroyed, or
   * lost. Never rejects.
   */
  kill(session: Session, limits: KillLimits): Promise<KillResult> {
    const pursuit = this.#pursuitOf(session);
    return within(limits, limits.insists ? pursuit.end : pursuit.latest);
  }

  /** Nobody is asked again from now on. */
  close(): void {
    this.#end.abort();
  }

  #pursuitOf(session: Session): Pursuit {
    let pursuit = this.#pursuits.get(session);
    if (pursuit === undefined) {
      pursuit = new Pursuit(session, this.#controlOf(session), this.#end.signal);
      this.#pursuits.set(session, pursuit);
    }
    return pursuit;
  }
}

/** One session, from when it was lost until its thread is gone, or is known to be somebody else's, or nothing more is done about it. */
class Pursuit {
  readonly #session: Session;
  readonly #control: ControlConnection;
  readonly #startedAt = timers.now();
  #told: KillResult | undefined;
  /** What comes of the attempt that is being made, or came of the last one. */
  latest: Promise<KillResult>;
  /** What comes of it in the end. */
  readonly end: Promise<KillResult>;

  constructor(session: Session, control: ControlConnection, signal: AbortSignal) {
    this.#session = session;
    this.#control = control;
    this.latest = this.#attempt();
    this.end = this.#persist(signal);
  }

  async #persist(signal: AbortSignal): Promise<KillResult> {
    for (;;) {
      const result = await this.latest;
      const elapsed = timers.now() - this.#startedAt;
      if (result !== 'unreachable' || elapsed >= persistence) return result;
      await pauseFor(Math.min(longestRest, Math.max(shortestRest, elapsed / 4)));
      if (signal.aborted) return result;
      this.latest = this.#attempt();
    }
  }

  async #attempt(): Promise<KillResult> {
    const result = await stopThread(this.#session, this.#control, timers.now() + killTimeout);
    if (result !== this.#told) {
      this.#told = result;
      const { threadId } = this.#session;
      publish('gone-away:session-killed', () => ({ threadId, result, elapsedMs: timers.now() - this.#startedAt }));
    }
    return result;
  }
}

async function stopThread(session: Session, control: ControlConnection, until: number): Promise<KillResult> {
  const { endpoints, threadId } = session;
  // By a socket file, everybody is "localhost".
  if (endpoints === undefined || threadId === undefined) return 'not-ours';
  const left = () => until - timers.now();
  let killed = false;
  for (let pause = firstPause; left() > 0; pause = Math.min(pause * 2, longestPause)) {
    const look = await control.look([threadId], left());
    if (look.answer !== 'threads') return 'unreachable';
    const { self } = look;
    const sighting = findSession(session, self, look.threads, look.unlisted);
    if (sighting === 'unprovable') return 'not-ours';
    // On a server where it was never seen, it may be missing because it is on another one.
    const isHidden = sighting === 'hidden';
    if ((sighting === 'absent' || isHidden) && session.seenOn !== self.server) return 'not-ours';
    if (sighting === 'absent') return 'gone';
    session.seenOn = self.server;
    if (!killed) {
      const kill = await control.kill(threadId, self, left());
      if (kill === 'no-such-thread') return 'gone';
      // As long as it goes by the name of a routine's definer, only that one may stop it.
      if (kill === 'refused' && !isHidden) return 'not-ours';
      killed = kill === 'killed';
    }
    await pauseFor(pause);
  }
  return 'unreachable';
}

/** As long as somebody waits for the answer, the process lives. */
async function within<T>({ until, signal }: KillLimits, work: Promise<T>): Promise<T | 'unreachable'> {
  try {
    return await bounded<T>({ until, signal, timedOut: () => undefined }, ({ resolve, reject }) => {
      work.then(resolve, reject);
    });
  } catch {
    return 'unreachable';
  }
}

function pauseFor(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, milliseconds).unref();
  });
}

import type { DriverCommand } from '../driver/command.ts';
import type { Unanswered } from '../driver/wire.ts';
import { turnsToRead } from '../wait/fair-timer.ts';
import type { ControlConnection, Look } from './control-connection.ts';
import { type Session, sight } from './session-identity.ts';
import { judgeSilence, momentOf, type Verdict } from './watch-verdict.ts';

/** Somebody who uses a connection and may be waiting for an answer. */
export interface Watched {
  readonly watchAfter: number | false;
  readonly watchTimeout: number;
  readonly session: Session;
  /** What it waits for now; undefined if nothing. */
  unanswered(): Unanswered | undefined;
  /** Its connection is dead: ends what it waits for. */
  cut(error: Error): void;
}

/** A statement without an answer, since this side began to look. */
interface Doubt {
  readonly command: DriverCommand;
  /** How many bytes had been read when it was last looked at. */
  read: number;
  /** How many of its own had left this process then: a long statement on its way is no silence. */
  sent: number;
  /** When to ask the server, or to ask again. */
  askAt: number;
  idleSince: number | undefined;
  elsewhereSince: number | undefined;
}

const undoubted = { idleSince: undefined, elsewhereSince: undefined } as const;

interface Suspect {
  readonly watched: Watched;
  readonly doubt: Doubt;
}

/** In a long answer that stands still, the silence begins somewhere between two looks: so many of them in `watchAfter`. */
const looksAtProgress = 8;

/** The longest wait for one answer of the server about its threads, in milliseconds: a connection may be lost of which the next is not. */
const longestQuestion = 3_000;

/** Pause before a server is asked again that did not answer, in milliseconds. */
const pauseAfterSilence = 100;

/** Pause before the next connection that may lead to another server, in milliseconds: many of them in `watchTimeout`, to meet them all. */
const pauseBetweenServers = 200;

/**
 * Tells a slow statement from a dead connection, which no timeout can: the server is asked whether it still executes it.
 *
 * A statement that is answered soon costs nothing here. One timer of the whole pool, which runs only while connections are in use, looks at what
 * they wait for.
 */
export class StatementWatch {
  readonly #controlOf: (session: Session) => ControlConnection;
  readonly #watched = new Set<Watched>();
  readonly #doubts = new WeakMap<Watched, Doubt>();
  readonly #asking = new Set<ControlConnection>();
  readonly #unreachableSince = new WeakMap<ControlConnection, number>();
  #timer: NodeJS.Timeout | undefined;
  #delay = 0;

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  add(watched: Watched): void {
    if (watched.watchAfter === false) return;
    this.#watched.add(watched);
    // A timer that fires earlier than this one needs will take it into account then.
    if (this.#timer === undefined || watched.watchAfter < this.#delay) this.#lookIn(watched.watchAfter);
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  #lookIn(delay: number): void {
    clearTimeout(this.#timer);
    this.#delay = delay;
    this.#timer = setTimeout(() => this.#look(), delay).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    const suspects = new Map<ControlConnection, Suspect[]>();
    let next = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched) {
      const watchAfter = watched.watchAfter || 0;
      const doubt = this.#doubtOf(watched, now);
      if (doubt === undefined) next = Math.min(next, now + watchAfter);
      else if (doubt.askAt > now) next = Math.min(next, doubt.askAt, now + watchAfter / looksAtProgress);
      else {
        const control = this.#controlOf(watched.session);
        // Who is asking already looks again afterwards.
        if (this.#asking.has(control)) continue;
        const others = suspects.get(control);
        if (others === undefined) suspects.set(control, [{ watched, doubt }]);
        else others.push({ watched, doubt });
      }
    }
    for (const [control, some] of suspects) void this.#ask(control, some);
    if (next < Number.POSITIVE_INFINITY) this.#lookIn(Math.max(1, next - now));
  }

  /** What is to be said of the statement that is waited for now; undefined if there is none. */
  #doubtOf(watched: Watched, now: number): Doubt | undefined {
    const unanswered = watched.unanswered();
    if (unanswered === undefined) {
      this.#doubts.delete(watched);
      return undefined;
    }
    const { command, askedAt, read, readBefore, sent } = unanswered;
    const watchAfter = watched.watchAfter || 0;
    let doubt = this.#doubts.get(watched);
    if (doubt?.command !== command) {
      doubt = { command, read: readBefore, sent, askAt: askedAt + watchAfter, ...undoubted };
      this.#doubts.set(watched, doubt);
    }
    if (doubt.read !== read || doubt.sent !== sent) {
      Object.assign(doubt, { read, sent, askAt: now + watchAfter, ...undoubted });
    }
    return doubt;
  }

  async #ask(control: ControlConnection, suspects: readonly Suspect[]): Promise<void> {
    this.#asking.add(control);
    const startedAt = performance.now();
    const silentSince = this.#unreachableSince.get(control) ?? startedAt;
    const limit = Math.min(...suspects.map(({ watched }) => silentSince + watched.watchTimeout - startedAt));
    // Where a session was never seen, its absence counts only if a second connection finds it absent too.
    const anew = suspects.some(
      ({ watched, doubt }) =>
        doubt.elsewhereSince !== undefined || (doubt.idleSince !== undefined && !watched.session.seenOn),
    );
    const ids = suspects.flatMap(({ watched }) => watched.session.threadId ?? []);
    const look = await control.look(ids, Math.max(pauseAfterSilence, Math.min(longestQuestion, limit)), anew);
    if (look.answer === 'none') this.#unreachableSince.set(control, silentSince);
    else this.#unreachableSince.delete(control);
    // What was answered meanwhile may still lie in the kernel.
    for (let turns = turnsToRead; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
    for (const suspect of suspects) this.#conclude(suspect, look, control);
    this.#asking.delete(control);
    this.#look();
  }

  #conclude({ watched, doubt }: Suspect, look: Look, control: ControlConnection): void {
    const now = performance.now();
    const { session, watchTimeout } = watched;
    const watchAfter = watched.watchAfter || 0;
    const { read, sent } = doubt;
    if (!this.#watched.has(watched) || this.#doubtOf(watched, now) !== doubt) return;
    if (doubt.read !== read || doubt.sent !== sent) return;
    switch (this.#verdict(watched, doubt, look, control, now)) {
      case 'wait':
        Object.assign(doubt, { ...undoubted, askAt: now + watchAfter });
        break;
      case 'elsewhere':
        doubt.elsewhereSince ??= now;
        doubt.askAt = now + Math.min(pauseBetweenServers, watchTimeout);
        break;
      case 'confirm':
        doubt.idleSince ??= now;
        doubt.elsewhereSince = undefined;
        doubt.askAt = now + momentOf(watchAfter);
        break;
      case 'again':
        doubt.askAt = now + Math.min(pauseAfterSilence, watchTimeout);
        break;
      case 'lost':
        watched.cut(lost('ECONNABORTED', 'the server does not execute the statement any more (`watchAfter`)'));
        break;
      case 'unreachable':
        watched.cut(lost('ETIMEDOUT', `the server was out of reach for ${watchTimeout} ms (\`watchTimeout\`)`));
        break;
    }
    if (look.answer === 'threads' && session.seenOn === undefined) this.#noteSighting(session, look);
  }

  #verdict(watched: Watched, doubt: Doubt, look: Look, control: ControlConnection, now: number): Verdict {
    const { session, watchTimeout } = watched;
    const sighting =
      look.answer === 'threads'
        ? sight(session, look.self, look.threads)
        : look.answer === 'error'
          ? ('error' as const)
          : undefined;
    const seen = look.answer === 'threads' && session.seenOn === look.self.server;
    const reach = {
      unreachableSince: this.#unreachableSince.get(control),
      hasSeveralServers: control.hasSeveralServers,
    };
    const limits = { watchAfter: watched.watchAfter || 0, watchTimeout };
    const { idleSince, elsewhereSince } = doubt;
    const hasSent = watched.unanswered()?.hasSent === true;
    return judgeSilence(sighting, { idleSince, elsewhereSince, seen, hasSent }, reach, limits, now);
  }

  #noteSighting(session: Session, look: Extract<Look, { answer: 'threads' }>): void {
    const sighting = sight(session, look.self, look.threads);
    if (sighting !== 'absent' && sighting !== 'unprovable') session.seenOn = look.self.server;
  }
}

function lost(code: string, why: string): Error {
  return Object.assign(new Error(`No answer came, and ${why}; the connection was destroyed`), { code });
}

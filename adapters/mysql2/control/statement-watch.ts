import { timers, type WatchOptions } from '../../../src/internal.ts';
import type { Unanswered } from '../driver/wire.ts';
import { turnsToRead } from '../wait/fair-timer.ts';
import { type Link, LinkedList } from '../wait/linked-list.ts';
import type { ControlConnection, Look } from './control-connection.ts';
import { findSession, type Session } from './session-identity.ts';
import { pauseAfterSilence, Silence } from './silence.ts';
import { judgeSilence, type Verdict } from './watch-verdict.ts';

/** Somebody who uses a connection and may be waiting for an answer. */
export interface Watched extends Link {
  readonly watch: WatchOptions | false;
  readonly session: Session;
  /** What it waits for now; undefined if nothing. */
  unanswered(): Unanswered | undefined;
  /** Nobody can ask about its session: the kernel is to ask the other end of its connection, when that was idle for so long, in milliseconds. */
  probePath(idle: number): void;
  /** Its connection is dead: ends what it waits for. */
  cut(error: Error): void;
}

interface Suspect {
  readonly watched: Watched;
  readonly watch: WatchOptions;
  readonly silence: Silence;
}

/** In a long answer that stands still, the silence begins somewhere between two looks: so many of them in `watch.after`. */
const looksAtProgress = 8;

/** The longest wait for one answer of the server about its threads, in milliseconds: a connection may be lost of which the next is not. */
const longestQuestion = 3_000;

/**
 * Tells a slow statement from a dead connection, which no timeout can: the server is asked whether it still executes it.
 *
 * A statement that is answered soon costs nothing here. One timer of the whole pool, which runs only while connections are in use, looks at what
 * they wait for.
 */
export class StatementWatch {
  readonly #controlOf: (session: Session) => ControlConnection;
  readonly #watched = new LinkedList<Watched>();
  readonly #silences = new WeakMap<Watched, Silence>();
  readonly #asking = new Set<ControlConnection>();
  readonly #unreachableSince = new WeakMap<ControlConnection, number>();
  #timer: NodeJS.Timeout | undefined;
  #delay = 0;

  constructor(controlOf: (session: Session) => ControlConnection) {
    this.#controlOf = controlOf;
  }

  add(watched: Watched): void {
    const { watch } = watched;
    if (watch === false) return;
    this.#watched.push(watched);
    // A timer that fires earlier than this one needs will take it into account then.
    if (this.#timer === undefined || watch.after < this.#delay) this.#lookIn(watch.after);
  }

  delete(watched: Watched): void {
    this.#watched.remove(watched);
  }

  #lookIn(delay: number): void {
    timers.clearTimeout(this.#timer);
    this.#delay = delay;
    this.#timer = timers.setTimeout(() => this.#look(), delay).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = timers.now();
    const suspects = new Map<ControlConnection, Suspect[]>();
    let next = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched) {
      const { watch } = watched;
      if (watch === false) continue;
      const silence = this.#silenceOf(watched, watch, now);
      if (silence === undefined) next = Math.min(next, now + watch.after);
      else if (silence.askAt > now) next = Math.min(next, silence.askAt, now + watch.after / looksAtProgress);
      else {
        const control = this.#controlOf(watched.session);
        // Who is asking already looks again afterwards.
        if (this.#asking.has(control)) continue;
        const others = suspects.get(control);
        if (others === undefined) suspects.set(control, [{ watched, watch, silence }]);
        else others.push({ watched, watch, silence });
      }
    }
    for (const [control, some] of suspects) void this.#ask(control, some);
    if (next < Number.POSITIVE_INFINITY) this.#lookIn(Math.max(1, next - now));
  }

  /** What is known of the statement that is waited for now; undefined if there is none. */
  #silenceOf(watched: Watched, watch: WatchOptions, now: number): Silence | undefined {
    const unanswered = watched.unanswered();
    if (unanswered === undefined) {
      this.#silences.delete(watched);
      return undefined;
    }
    let silence = this.#silences.get(watched);
    if (silence?.command !== unanswered.command) {
      silence = new Silence(unanswered, watch);
      this.#silences.set(watched, silence);
    }
    silence.noteProgress(unanswered, watch, now);
    return silence;
  }

  async #ask(control: ControlConnection, suspects: readonly Suspect[]): Promise<void> {
    this.#asking.add(control);
    const startedAt = timers.now();
    const silentSince = this.#unreachableSince.get(control) ?? startedAt;
    const limit = Math.min(...suspects.map(({ watch }) => silentSince + watch.timeout - startedAt));
    // Where a session was never seen, its absence counts only if a second connection finds it absent too.
    const anew = suspects.some(
      ({ watched, silence }) =>
        silence.elsewhereSince !== undefined || (silence.idleSince !== undefined && !watched.session.seenOn),
    );
    const ids = suspects.flatMap(({ watched }) => watched.session.threadId ?? []);
    const look = await control.look(ids, Math.max(pauseAfterSilence, Math.min(longestQuestion, limit)), anew, true);
    if (look.answer === 'none') this.#unreachableSince.set(control, silentSince);
    else this.#unreachableSince.delete(control);
    // What was answered meanwhile may still lie in the kernel.
    for (let turns = turnsToRead; turns > 0; turns -= 1) await new Promise((resolve) => timers.setImmediate(resolve));
    for (const suspect of suspects) this.#conclude(suspect, look, control);
    this.#asking.delete(control);
    this.#look();
  }

  #conclude(suspect: Suspect, look: Look, control: ControlConnection): void {
    const now = timers.now();
    const { watched, watch, silence } = suspect;
    const { session } = watched;
    const { moves } = silence;
    if (!watched.isLinked || this.#silenceOf(watched, watch, now) !== silence) return;
    if (silence.moves !== moves) return;
    const verdict = this.#verdict(suspect, look, control, now);
    if (verdict === 'lost') {
      watched.cut(lostError('ECONNABORTED', 'the server does not execute the statement any more (`watch.after`)'));
    } else if (verdict === 'unreachable') {
      watched.cut(lostError('ETIMEDOUT', `the server was out of reach for ${watch.timeout} ms (\`watch.timeout\`)`));
    } else {
      silence.noteVerdict(verdict, watch, now);
      if (verdict === 'wait') this.#probeUnlessSeen(suspect, look);
    }
    if (look.answer === 'threads' && session.seenOn === undefined) this.#noteSighting(session, look);
  }

  #verdict({ watched, watch, silence }: Suspect, look: Look, control: ControlConnection, now: number): Verdict {
    const { session } = watched;
    const sighting =
      look.answer === 'threads'
        ? findSession(session, look.self, look.threads, look.unlisted)
        : look.answer === 'error'
          ? ('error' as const)
          : undefined;
    // A session that has not been read yet looks as if it were asleep.
    const mayBeQueued = sighting === 'idle' && look.answer === 'threads' && look.isFull;
    const seen = look.answer === 'threads' && session.seenOn === look.self.server;
    const reach = {
      unreachableSince: this.#unreachableSince.get(control),
      hasSeveralServers: control.hasSeveralServers,
    };
    const { idleSince, elsewhereSince } = silence;
    const hasSent = watched.unanswered()?.hasSent === true;
    return judgeSilence(
      mayBeQueued ? 'running' : sighting,
      { idleSince, elsewhereSince, seen, hasSent, mayBeOnItsWay: silence.mayBeOnItsWay(now) },
      reach,
      watch,
      now,
    );
  }

  /** No list of threads tells of it for certain, so that its way could be dead, and nobody would notice. */
  #probeUnlessSeen({ watched, watch }: Suspect, look: Look): void {
    if (look.answer === 'threads') {
      const sighting = findSession(watched.session, look.self, look.threads, look.unlisted);
      if (sighting !== 'unprovable' && sighting !== 'hidden') return;
    }
    watched.probePath(watch.timeout);
  }

  #noteSighting(session: Session, look: Extract<Look, { answer: 'threads' }>): void {
    const sighting = findSession(session, look.self, look.threads, look.unlisted);
    if (sighting !== 'absent' && sighting !== 'hidden' && sighting !== 'unprovable') session.seenOn = look.self.server;
  }
}

function lostError(code: string, why: string): Error {
  return Object.assign(new Error(`No answer came, and ${why}; the connection was destroyed`), { code });
}

import type { WatchOptions } from '../../../src/internal.ts';
import type { DriverCommand } from '../driver/command.ts';
import type { Unanswered } from '../driver/wire.ts';
import { momentOf, timeForBuffers, type Verdict } from './watch-verdict.ts';

/** Pause before a server is asked again that did not answer, in milliseconds. */
export const pauseAfterSilence = 100;

/** Pause before the next connection that may lead to another server, in milliseconds: many of them in `watch.timeout`, to meet them all. */
const pauseBetweenServers = 200;

/** A statement without an answer, since this side began to look. All times on `performance.now()`'s clock, in milliseconds. */
export class Silence {
  readonly command: DriverCommand;
  /** How many bytes had been read when it was last looked at. */
  #read: number;
  /** How many of its own had left this process then: a long statement on its way is no silence. */
  #sent: number;
  /** When one of them was last seen to leave. */
  #movedAt: number;
  readonly #timeOnItsWay: number;
  /** When to ask the server, or to ask again. */
  askAt: number;
  /** Since when its session was seen doing nothing, or not at all. */
  idleSince: number | undefined;
  /** Since when its session was missing at its address, and only servers were met there that may be others than its own. */
  elsewhereSince: number | undefined;
  /** Counts up whenever something of it moved. */
  moves = 0;

  constructor({ command, askedAt, readBefore, sent, size }: Unanswered, { after }: WatchOptions) {
    this.command = command;
    this.#movedAt = askedAt;
    this.#timeOnItsWay = timeForBuffers(size, after);
    this.#read = readBefore;
    this.#sent = sent;
    this.askAt = askedAt + after;
  }

  /** Begins anew where a byte went in either direction since the last look. */
  noteProgress({ read, sent }: Unanswered, { after }: WatchOptions, now: number): void {
    if (this.#read === read && this.#sent === sent) return;
    if (this.#sent !== sent) this.#movedAt = now;
    this.#read = read;
    this.#sent = sent;
    this.moves += 1;
    this.#beginAnew(now + after);
  }

  /** What has left this process may lie in the buffers of the kernels on the way, where nobody here can see it move. */
  mayBeOnItsWay(now: number): boolean {
    return now - this.#movedAt < this.#timeOnItsWay;
  }

  /** What follows from a look at the server, where the statement is not given up. */
  noteVerdict(verdict: Exclude<Verdict, 'lost' | 'unreachable'>, { after, timeout }: WatchOptions, now: number): void {
    switch (verdict) {
      case 'wait':
        this.#beginAnew(now + after);
        break;
      case 'elsewhere':
        this.elsewhereSince ??= now;
        this.askAt = now + Math.min(pauseBetweenServers, timeout);
        break;
      case 'confirm':
        this.idleSince ??= now;
        this.elsewhereSince = undefined;
        this.askAt = now + momentOf(after);
        break;
      case 'again':
        this.askAt = now + Math.min(pauseAfterSilence, timeout);
        break;
      default:
        verdict satisfies never;
    }
  }

  #beginAnew(askAt: number): void {
    this.idleSince = undefined;
    this.elsewhereSince = undefined;
    this.askAt = askAt;
  }
}

import { type Environment, type Failure, fullJitterDelay, isRefusedByServer } from '../../../src/internal.ts';

/** Nobody listens: an attempt is one packet, of which the kernel there disposes. In milliseconds. */
const closed = { soon: 20, soonFor: 5_000, share: 50, longest: 500 };
const nobodyListens: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT']);

/** A server that is away in another way: an attempt costs whoever stands in for it a handshake. In milliseconds. */
const away = { minTimeout: 25, factor: 2, maxTimeout: 500 };

/** A server that refuses: an attempt costs it a handshake, or a question. In milliseconds. */
const refusing = { first: 100, factor: 4, soon: 1_250, longest: 5_000 };

/**
 * The pause before a server is asked again that did not do what it was asked for.
 *
 * - One that is away is asked at least twice a second, so that it is found as soon as it is back. Where nobody listens, every 10 to 20 ms for five seconds, then after a
 *   fiftieth of the time that this has lasted: a start of a server takes as long as it takes, and nobody is to wait for longer than that.
 * - One that refuses is asked about every second for five seconds. Then the pause is at most a quarter of the time that this has lasted, and at most five
 *   seconds. So it is asked nine times at most in eight seconds.
 *
 * @param probe 1 for the first question after it was noticed
 * @param lastedMs for how long it has been so
 * @param random a number in [0, 1), injected
 * @returns milliseconds
 */
export function probePause(failure: Failure, probe: number, lastedMs: number, random: () => number): number {
  if (nobodyListens.has(failure.code)) return pauseWhileClosed(lastedMs) * (1 - random() / 2);
  if (!isRefusedByServer(failure)) return fullJitterDelay(probe, away, random);
  const longest = Math.min(Math.max(refusing.soon, lastedMs / 4), refusing.longest);
  const cap = Math.min(longest, refusing.first * refusing.factor ** (probe - 1));
  // Enough to tell processes apart that noticed it together; from nothing on, the number of questions would have no bound.
  return cap * (1 - random() / 4);
}

function pauseWhileClosed(lastedMs: number): number {
  const { soon, soonFor, share, longest } = closed;
  return lastedMs < soonFor ? soon : Math.min(lastedMs / share, longest);
}

/** The pause after the last failure of those that ask one server whether it does something again. */
export class ProbePause {
  readonly #environment: Pick<Environment, 'now' | 'random'>;
  #failure: Failure | undefined;
  /** How often it was asked in vain since it is so: away, or refusing. */
  #probes = 0;
  #since = 0;
  #until = 0;

  constructor(environment: Pick<Environment, 'now' | 'random'>) {
    this.#environment = environment;
  }

  /** When it is over, on the clock of the environment. Drawn once for each failure: of many callers that draw, the luckiest would decide. */
  get until(): number {
    return this.#until;
  }

  get isOver(): boolean {
    return this.#until <= this.#environment.now();
  }

  failed(failure: Failure): void {
    const now = this.#environment.now();
    if (this.#failure === undefined || isRefusedByServer(this.#failure) !== isRefusedByServer(failure)) {
      this.#probes = 0;
      this.#since = now;
    } else if (this.isOver) this.#probes += 1;
    this.#failure = failure;
    this.#until = now + probePause(failure, this.#probes + 1, now - this.#since, this.#environment.random);
  }

  succeeded(): void {
    this.#failure = undefined;
    this.#until = 0;
  }
}

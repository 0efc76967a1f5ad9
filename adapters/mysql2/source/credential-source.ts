import { propertyOf, timers } from '../../../src/internal.ts';
import { bounded } from '../wait/bounded.ts';
import { type Credentials, checkedCredentials, noCredentials } from './credentials.ts';

/** Whoever can say as whom a new connection logs in. Of another copy of this package, maybe. */
export interface AsksForCredentials {
  ask(): Promise<Credentials>;
  /** A question is under way. */
  readonly isAsking?: boolean;
}

/** The `credentials` of one pool. Of all that ask at once, one asks, and the others take what it is given. */
export class CredentialSource implements AsksForCredentials {
  readonly #give: () => unknown;
  readonly #timeout: number;
  #underWay: Promise<Credentials> | undefined;

  /** @param timeout how long one answer may take, in milliseconds; infinite if there is no limit */
  constructor(give: () => unknown, timeout: number) {
    this.#give = give;
    this.#timeout = timeout;
  }

  get isAsking(): boolean {
    return this.#underWay !== undefined;
  }

  /**
   * Asked anew each time, unless a question is under way.
   *
   * @throws Error with what `credentials` threw as its `cause`, or when it took too long; TypeError when it gave something else
   */
  ask(): Promise<Credentials> {
    this.#underWay ??= this.#ask().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #ask(): Promise<Credentials> {
    const limits = { until: timers.now() + this.#timeout, signal: undefined, timedOut: () => tooLong };
    let given: unknown;
    try {
      given = await bounded<unknown>(limits, ({ resolve, reject }) => {
        // What it throws at once, it might as well reject with.
        new Promise((settle) => settle(this.#give())).then(resolve, reject);
      });
    } catch (error) {
      if (error !== tooLong) throw noCredentials('threw an error', { cause: error });
      throw noCredentials(`gave nothing within ${this.#timeout} ms (\`connectTimeout\` of the pool)`);
    }
    return checkedCredentials(given);
  }
}

const tooLong: unique symbol = Symbol('no answer in time');

/** ER_ACCESS_DENIED_ERROR */
const accessDenied = 1045;

/**
 * Connects with credentials that were just asked for. A server that refuses them may be right: they were changed in the meantime. So they are asked for once
 * more, and others are tried; of the same ones the server has said what it thinks, and may count how often it has to.
 *
 * @param source undefined: the connection has its credentials from elsewhere
 * @param connect rejects with the driver's error
 */
export async function connectWith<T>(
  source: AsksForCredentials | undefined,
  connect: (credentials: Credentials | undefined) => Promise<T>,
): Promise<T> {
  if (source === undefined) return connect(undefined);
  const first = await source.ask();
  try {
    return await connect(first);
  } catch (error) {
    if (propertyOf(error, 'errno') !== accessDenied) throw error;
    const second = await source.ask();
    if (second.user === first.user && second.password === first.password) throw error;
    return connect(second);
  }
}

import { expectCount, expectOneOf, expectOptions } from './checks.ts';
import type { Direction } from './network/lane.ts';
import { PlannedFault } from './planned-fault.ts';

/** Options of `cutAfterBytes()`. */
export interface CutOptions {
  /** Whose bytes are counted: those that go to the client, or those that go to the server. Default `'toClient'`. */
  readonly direction?: 'toServer' | 'toClient' | undefined;
}

/** A connection is to be cut after so many bytes: the first one that carries them from now on. */
export class CutFault extends PlannedFault<void> {
  readonly #bytes: number;
  readonly #direction: Direction;
  readonly #passed = new WeakMap<object, number>();

  /** @throws TypeError for what is no count, and for other options */
  constructor(bytes: unknown, options: unknown) {
    expectCount('the bytes of cutAfterBytes()', bytes);
    expectOptions('the options of cutAfterBytes()', options, ['direction']);
    const { direction = 'toClient' } = options;
    expectOneOf('`direction`', direction, ['toServer', 'toClient']);
    super(`cutAfterBytes(${bytes})`);
    this.#bytes = bytes;
    this.#direction = direction;
  }

  /** How many of so many bytes may pass before the connection is cut; undefined when all may. */
  passOf(connection: object, direction: Direction, length: number): number | undefined {
    if (direction !== this.#direction) return undefined;
    const passed = this.#passed.get(connection) ?? 0;
    this.#passed.set(connection, passed + length);
    return passed + length < this.#bytes ? undefined : this.#bytes - passed;
  }
}

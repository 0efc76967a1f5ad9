import type { CallKind } from './history.ts';
import { accountCount, itemCount } from './tables.ts';

/** What a call is to do, and with what. */
export interface Work {
  readonly kind: CallKind;
  /** Of the rows that it leaves behind. */
  readonly id: number;
  readonly item: number;
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  /** What keyed work is to write and to give back. Of several calls with one key, each brings another. */
  readonly draw: number;
  /** Whether the caller stops waiting after a time. */
  readonly bounded: boolean;
}

/** How often one kind is asked for, against the others. */
const weights: Readonly<Record<CallKind, number>> = {
  read: 30,
  sum: 4,
  iterate: 3,
  'locking-read': 4,
  'slow-read': 4,
  insert: 16,
  'exact-insert': 6,
  transfer: 9,
  'transfer-rerun': 9,
  'transfer-exact': 9,
  keyed: 8,
  batch: 5,
  company: 4,
  'company-rerun': 4,
  forgotten: 3,
  'forgotten-rerun': 3,
  race: 4,
  thrower: 3,
  ddl: 1,
  'ddl-rerun': 1,
  procedure: 2,
  wanderer: 3,
  abandoner: 2,
  'stray-begin': 1,
  'uncommitted-insert': 1,
  setting: 2,
  'async-setting': 2,
};

/** Keyed work has ids of its own, from here on. */
const firstKey = 1_500_000_000;
/** How far back a call may take the key of another one. */
const recentKeys = 30;

/** Draws one call after the other; the same ones for the same numbers, as far as those of one caller go. */
export class WorkList {
  #ids = 0;
  #keys = 0;
  readonly #kinds: readonly CallKind[];
  readonly #total: number;

  /** @param kinds what the client can do */
  constructor(kinds: readonly CallKind[]) {
    this.#kinds = kinds;
    this.#total = kinds.reduce((sum, kind) => sum + weights[kind], 0);
  }

  /** @param random numbers from 0 to 1 */
  next(random: () => number): Work {
    return this.#draw(this.#kind(random()), random);
  }

  /** One call of each kind. */
  ofEachKind(random: () => number): readonly Work[] {
    return this.#kinds.map((kind) => this.#draw(kind, random));
  }

  #draw(kind: CallKind, random: () => number): Work {
    const below = (count: number) => Math.floor(random() * count);
    const from = 1 + below(accountCount);
    return {
      kind,
      id: kind === 'keyed' ? this.#key(random()) : this.#id(),
      item: 1 + below(itemCount),
      from,
      // Any other account: so many places further on, in a circle. Transfers lock in this order, so there are deadlocks.
      to: 1 + ((from + below(accountCount - 1)) % accountCount),
      amount: 1 + below(100),
      draw: 1 + below(1_000_000_000),
      bounded: random() < 0.5,
    };
  }

  #kind(dice: number): CallKind {
    let left = dice * this.#total;
    const drawn = this.#kinds.find((kind) => {
      left -= weights[kind];
      return left < 0;
    });
    return drawn ?? 'read';
  }

  #id(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** Half of them new, half one that a call before had, and may still have under way. */
  #key(dice: number): number {
    if (dice < 0.5 || this.#keys === 0) this.#keys += 1;
    else return firstKey + this.#keys - Math.floor((dice - 0.5) * 2 * Math.min(recentKeys, this.#keys));
    return firstKey + this.#keys;
  }
}

/** Something that can stand in a {@link LinkedList}. It is its own place there, so that nothing is made for it. */
export abstract class Link {
  /** Only for the list. */
  before: Link | undefined = undefined;
  behind: Link | undefined = undefined;
  isLinked = false;
}

/** A list whose members come and go in any order, each in a few steps. A member stands in one list at a time. */
export class LinkedList<T extends Link> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** Nothing, if it is in already. */
  push(one: T): void {
    if (one.isLinked) return;
    one.before = this.#last;
    if (this.#last === undefined) this.#first = one;
    else this.#last.behind = one;
    this.#last = one;
    one.isLinked = true;
    this.#size += 1;
  }

  /** @returns whether it was in */
  remove(one: T): boolean {
    if (!one.isLinked) return false;
    const { before, behind } = one as { before: T | undefined; behind: T | undefined };
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    one.before = undefined;
    one.behind = undefined;
    one.isLinked = false;
    this.#size -= 1;
    return true;
  }

  /** Its members, in the order in which they came. The one that was given last may leave meanwhile, and no other. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let one = this.#first; one !== undefined; ) {
      const behind = one.behind as T | undefined;
      yield one;
      one = behind;
    }
  }
}

/** Something that will happen once, when its moment has come. */
export class PlannedFault<T> {
  /** As the test has called for it, for messages. */
  readonly name: string;
  readonly happened: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(name: string) {
    this.name = name;
    this.happened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  happen(value: T): void {
    this.#resolve(value);
  }

  /** It cannot happen. A test that does not await it hears of that all the same, from its runner: it would prove nothing. */
  fail(reason: string): void {
    this.#reject(new Error(`${this.name} cannot happen: ${reason}`));
  }

  /** It is taken back. That is an error for whoever awaits it, and for nobody else. */
  giveUp(reason: string): void {
    this.happened.catch(() => {});
    this.#reject(new Error(`${this.name} has not happened: ${reason}`));
  }
}

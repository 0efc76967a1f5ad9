import { types } from 'node:util';
import { expectThat } from './checks.ts';
import { PlannedFault } from './planned-fault.ts';
import type { LostAnswer } from './protocol/conversation.ts';

/** The answer to one command is to be lost: to the next one, or to the next one with such a statement. */
export class LostAnswerFault extends PlannedFault<LostAnswer> {
  readonly #pattern: RegExp | undefined;
  /** The connection of the command, once there is one. */
  #on: object | undefined;

  private constructor(name: string, pattern?: RegExp) {
    super(name);
    this.#pattern = pattern;
  }

  static ofAny(): LostAnswerFault {
    return new LostAnswerFault('loseNextAnswer()');
  }

  /** @throws TypeError for what is no regular expression */
  static of(pattern: unknown): LostAnswerFault {
    expectThat(types.isRegExp(pattern), 'the pattern of loseAnswerOf()', pattern, 'a regular expression');
    // One of its own: a pattern with the flag `g` or `y` remembers where it has matched last.
    return new LostAnswerFault(`loseAnswerOf(${pattern})`, new RegExp(pattern));
  }

  /** @returns whether it is this command, and no other from now on */
  takes(connection: object, sql: () => string | undefined): boolean {
    if (this.#on !== undefined || !this.#matches(sql)) return false;
    this.#on = connection;
    return true;
  }

  isOn(connection: object): boolean {
    return this.#on === connection;
  }

  #matches(sql: () => string | undefined): boolean {
    if (this.#pattern === undefined) return true;
    const text = sql();
    this.#pattern.lastIndex = 0;
    return text !== undefined && this.#pattern.test(text);
  }
}

import ora from 'ora';
import { clientTitles } from './clients.ts';
import type { Clock, Participant } from './drive.ts';

/** A pseudo-terminal without a size reports 0 columns, on which ora would erase lines without end; a narrow one breaks every line. */
const isTerminal = process.stderr.isTTY && process.stderr.columns >= 60;

/** Live progress on stderr: a line for each client on a terminal, a line for each fault anywhere else. */
export class Progress {
  readonly #participants: readonly Participant[];
  readonly #seconds: number;
  readonly #clock: Clock;
  // Without `discardStdin: false`, Ctrl-C would have to pass through ora.
  readonly #spinner = ora({ stream: process.stderr, discardStdin: false });
  #doing = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(participants: readonly Participant[], seconds: number, clock: Clock) {
    this.#participants = participants;
    this.#seconds = seconds;
    this.#clock = clock;
  }

  start(): void {
    this.#doing = 'warming up';
    if (!isTerminal) return;
    this.#spinner.start(this.#text());
    this.#timer = setInterval(() => {
      this.#spinner.text = this.#text();
    }, 200);
  }

  /** What happens now. */
  say(doing: string): void {
    this.#doing = doing;
    if (!isTerminal) process.stderr.write(`${this.#headline()}  ${this.#counts().join('; ')}\n`);
    else this.#spinner.text = this.#text();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#spinner.stop();
  }

  #text(): string {
    return [this.#headline(), ...this.#counts()].join('\n    ');
  }

  #headline(): string {
    const now = (this.#clock() / 1000).toFixed(0).padStart(3);
    return `${now} of ${this.#seconds} s  ${this.#doing}`;
  }

  #counts(): readonly string[] {
    return this.#participants.map(({ client, ledger }) => {
      const { ok, failed, unknown, hung } = ledger.counts;
      return `${clientTitles[client.key]}: ${ok} ok, ${failed + unknown} errors, ${hung} hung`;
    });
  }
}

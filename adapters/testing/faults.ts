import type { CutFault } from './cut-fault.ts';
import type { LostAnswerFault } from './lost-answer-fault.ts';
import type { Unreadable } from './protocol/conversation.ts';

const inPlain = 'Let clients connect without it, or hide it from them: createFaultProxy(server, { plaintext: true })';

const whyUnreadable: Readonly<Record<Unreadable, string>> = {
  encrypted: `a client uses TLS, and what is encrypted the proxy cannot read. ${inPlain}`,
  compressed: `a client uses compression, which the proxy does not read. ${inPlain}`,
  unknown: 'a client and its server speak something that the proxy does not understand',
};

/** The faults of one proxy: those that are in force, and those that wait for their moment. */
export class Faults {
  /** Milliseconds that everything takes on its way. */
  latency = 0;
  #isBlackHole = false;
  #lostAnswer: LostAnswerFault | undefined;
  #cut: CutFault | undefined;

  get isBlackHole(): boolean {
    return this.#isBlackHole;
  }

  get lostAnswer(): LostAnswerFault | undefined {
    return this.#lostAnswer;
  }

  get cut(): CutFault | undefined {
    return this.#cut;
  }

  /** @throws Error where a fault is waited for that would not happen in one */
  beginBlackHole(): void {
    const planned = this.#lostAnswer ?? this.#cut;
    if (planned !== undefined) throw conflict('blackHole()', planned);
    this.#isBlackHole = true;
  }

  /**
   * @param unreadable of a connection that is open, if there is such a one
   * @throws Error where it cannot happen, or would hide another one
   */
  planLostAnswer(fault: LostAnswerFault, unreadable: Unreadable | undefined): void {
    this.#expectRoomFor(fault, this.#lostAnswer);
    if (unreadable !== undefined) throw new Error(`${fault.name} cannot happen: ${whyUnreadable[unreadable]}`);
    this.#lostAnswer = fault;
  }

  /** @throws Error where it cannot happen, or would hide another one */
  planCut(fault: CutFault): void {
    this.#expectRoomFor(fault, this.#cut);
    this.#cut = fault;
  }

  /** For whoever makes it happen, now. */
  takeLostAnswer(): LostAnswerFault | undefined {
    const fault = this.#lostAnswer;
    this.#lostAnswer = undefined;
    return fault;
  }

  /** For whoever makes it happen, now. */
  takeCut(): CutFault | undefined {
    const fault = this.#cut;
    this.#cut = undefined;
    return fault;
  }

  failAsUnreadable(unreadable: Unreadable): void {
    this.takeLostAnswer()?.fail(whyUnreadable[unreadable]);
  }

  /** The connection has ended. */
  failOn(connection: object): void {
    if (!this.#lostAnswer?.isOn(connection)) return;
    this.takeLostAnswer()?.fail('its connection has ended before the server had answered');
  }

  /** The test has ended the connection. */
  giveUpOn(connection: object, reason: string): void {
    if (this.#lostAnswer?.isOn(connection)) this.takeLostAnswer()?.giveUp(reason);
  }

  /** Undoes all. */
  end(reason: string): void {
    this.takeLostAnswer()?.giveUp(reason);
    this.takeCut()?.giveUp(reason);
    this.latency = 0;
    this.#isBlackHole = false;
  }

  #expectRoomFor(fault: Named, other: Named | undefined): void {
    if (other !== undefined) throw conflict(fault.name, other);
    if (this.#isBlackHole) throw new Error(`${fault.name} cannot be had in a black hole. Call heal() first`);
  }
}

interface Named {
  readonly name: string;
}

function conflict(name: string, planned: Named): Error {
  return new Error(`${name} cannot be had while ${planned.name} is waited for. Await it first, or call heal()`);
}

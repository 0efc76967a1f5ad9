import { isObject, processWide } from '../../../src/internal.ts';

/**
 * What a client has to know of its server before its first operation. Prisma asks when it connects: once, for everybody who has called meanwhile, and
 * for as long as that takes. It lets their operations wait, and sends them then, whoever waits for them still.
 *
 * So the extension asks before it hands an operation to Prisma. Each caller asks within its own limits, and nothing of its own is with Prisma yet.
 */
export interface FirstQuestion {
  /** It has been answered, and is not asked again. */
  readonly isAnswered: boolean;
  /**
   * Asks with the options of the current call; ends when there is an answer, and a connection for what follows.
   *
   * @param start aborts when nobody waits for the answer any longer
   * @returns to be called when Prisma has had the time to connect: what was opened for the question is closed then, if nobody has taken it
   * @throws what the pool makes of the failure; the reason of either signal
   */
  ask(start: AbortSignal | undefined): Promise<() => void>;
}

/** The adapter may be one of another copy of this package. */
function firstQuestions(): WeakMap<object, FirstQuestion> {
  return processWide('prisma-first-questions.1', () => new WeakMap());
}

/** @param adapter what Prisma is given as its adapter */
export function registerFirstQuestion(adapter: object, question: FirstQuestion): void {
  firstQuestions().set(adapter, question);
}

/** Undefined for an adapter of somebody else. */
export function firstQuestionOf(adapter: unknown): FirstQuestion | undefined {
  return isObject(adapter) ? firstQuestions().get(adapter) : undefined;
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Answer = { readonly error: string } | { readonly result: unknown };

/** A process of its own for a module in TypeScript that calls {@link answerQuestions}. */
export function forkModule(module: URL): ChildProcess {
  return fork(fileURLToPath(module), { execArgv: ['--import', 'tsx'] });
}

/** A program in a process of its own that answers one question at a time. */
export class Remote<Request extends { readonly verb: string }> {
  readonly #process: ChildProcess;

  /** @param process one that has a channel to this one, and calls {@link answerQuestions} */
  constructor(process: ChildProcess) {
    this.#process = process;
    // Of one that cannot be started, or spoken to any more: whoever asks is told.
    process.on('error', () => {});
  }

  ask<T>(request: Request): Promise<T> {
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`${request.verb}: its process died`));
      if (!this.isThere) return died();
      this.#process.once('exit', died);
      this.#process.once('message', (answer: Answer) => {
        this.#process.off('exit', died);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.result as T);
      });
      this.#process.send(request);
    });
  }

  /** Whether there is somebody to ask. */
  get isThere(): boolean {
    return this.#process.connected;
  }

  /** Ends the process, whatever it is at. */
  async close(): Promise<void> {
    if (this.#process.pid === undefined) return;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await exited;
  }
}

/** The other side of {@link Remote}. However its user ends, the process does not outlive it. */
export function answerQuestions<Request>(answer: (request: Request) => Promise<unknown>): void {
  process.on('message', (request: Request) => {
    const reply = (answer: Answer) => process.send?.(answer);
    answer(request).then(
      (result) => reply({ result }),
      (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

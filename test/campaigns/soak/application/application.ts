import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answers, Request, RequestOf, Verb } from './protocol.ts';

export interface Envelope {
  readonly id: number;
  readonly request: Request;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * A program that uses pools, in a process of its own: what the soak itself holds, and the other program without this package, must not
 * be in its heap, nor its work on the same event loop.
 */
export class Application {
  // Not all that runs TypeScript here does so with flags that a child would inherit.
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('./application-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  });
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #exited = once(this.#process, 'exit');
  #lastId = 0;

  constructor() {
    this.#process.on('message', ({ id, result, error }: Reply) => {
      if (error === undefined) this.#pending.get(id)?.resolve(result);
      else this.#pending.get(id)?.reject(new Error(error));
      this.#pending.delete(id);
    });
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#pending.values())
        reject(new Error(`the application ended with ${code ?? signal}`));
    });
  }

  ask<V extends Verb>(request: RequestOf<V> & { readonly verb: V }): Promise<Answers[V]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#process.send({ id, request } satisfies Envelope, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#exited;
  }
}

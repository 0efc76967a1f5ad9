import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Target } from '../contenders/contender.ts';
import type { Outage } from './marks.ts';
import type { FaultName } from './plan.ts';

export type WorldRequest =
  | { readonly verb: 'open' }
  | { readonly verb: 'prepare'; readonly fault: FaultName }
  | { readonly verb: 'strike'; readonly fault: FaultName; readonly outage: number }
  | { readonly verb: 'close' };

export interface Opened {
  /** What server it is. */
  readonly title: string;
  readonly target: Target;
}

export type WorldAnswer = { readonly error: string } | { readonly result: unknown };

/**
 * A server, a network and what happens to them, in a process of its own: the event loop of the callers has nothing to do with it, and the
 * server is seen to be back whatever they are at.
 */
export class RemoteWorld {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('./world-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });

  open(): Promise<Opened> {
    return this.#ask({ verb: 'open' });
  }

  /** Ends what is left of the last fault and of who met it. @returns where the server is to be reached for this one */
  prepare(fault: FaultName): Promise<Target> {
    return this.#ask({ verb: 'prepare', fault });
  }

  /** @param outage in milliseconds */
  strike(fault: FaultName, outage: number): Promise<Outage> {
    return this.#ask({ verb: 'strike', fault, outage });
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) {
      await this.#ask({ verb: 'close' });
      this.#process.disconnect();
      await exited;
    }
  }

  /** One question at a time. */
  #ask<T>(request: WorldRequest): Promise<T> {
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error('the process of the server died'));
      this.#process.once('exit', died);
      this.#process.once('message', (answer: WorldAnswer) => {
        this.#process.off('exit', died);
        if ('error' in answer) reject(new Error(`${request.verb}: ${answer.error}`));
        else resolve(answer.result as T);
      });
      this.#process.send(request);
    });
  }
}

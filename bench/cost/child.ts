import { spawn } from 'node:child_process';
import { Remote } from '../remote.ts';
import { childMs } from './plan.ts';
import type { Allocated, CostRequest, Subject, Windows, Worked } from './requests.ts';

/** It took so long that it was ended. */
export class TookTooLong extends Error {}

/** One contender and one statement in a process of its own, which is ended when its time is over. */
export class Child {
  readonly pid: number | undefined;
  readonly #remote: Remote<CostRequest>;
  readonly #giveUpAt = performance.now() + childMs;

  /** @param command that runs the program, with its arguments */
  constructor([command, ...args]: readonly [string, ...string[]]) {
    const limits = { timeout: childMs, killSignal: 'SIGKILL' } as const;
    const child = spawn(command, args, { ...limits, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.pid = child.pid;
    this.#remote = new Remote(child);
  }

  open(subject: Subject): Promise<void> {
    return this.#ask({ verb: 'open', subject });
  }

  /** @throws {Error} that says what was wrong */
  verify(): Promise<void> {
    return this.#ask({ verb: 'verify' });
  }

  rehearse(windows: Windows): Promise<Worked> {
    return this.work(windows);
  }

  work(windows: Windows): Promise<Worked> {
    return this.#ask({ verb: 'work', ...windows });
  }

  /** @param folder a URL; of what is not in it, only the sum counts */
  allocate(windows: Windows, folder: string): Promise<Allocated> {
    return this.#ask({ verb: 'allocate', folder, ...windows });
  }

  close(): Promise<void> {
    return this.#remote.close();
  }

  /** Why something did not come of it. */
  explain(cause: unknown): unknown {
    if (performance.now() < this.#giveUpAt) return cause;
    return new TookTooLong(`took longer than ${childMs / 1000} s`, { cause });
  }

  async #ask<T>(request: CostRequest): Promise<T> {
    try {
      return await this.#remote.ask<T>(request);
    } catch (cause) {
      throw this.explain(cause);
    }
  }
}

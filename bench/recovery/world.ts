import type { Target } from '../contenders/contender.ts';
import { forkModule, Remote } from '../remote.ts';
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

/**
 * A server, a network and what happens to them, in a process of its own: the event loop of the callers has nothing to do with it, and the
 * server is seen to be back whatever they are at.
 */
export class RemoteWorld {
  readonly #remote = new Remote<WorldRequest>(forkModule(new URL('./world-process.ts', import.meta.url)));

  open(): Promise<Opened> {
    return this.#remote.ask({ verb: 'open' });
  }

  /** Ends what is left of the last fault and of who met it. @returns where the server is to be reached for this one */
  prepare(fault: FaultName): Promise<Target> {
    return this.#remote.ask({ verb: 'prepare', fault });
  }

  /** @param outage in milliseconds */
  strike(fault: FaultName, outage: number): Promise<Outage> {
    return this.#remote.ask({ verb: 'strike', fault, outage });
  }

  async close(): Promise<void> {
    if (this.#remote.isThere) await this.#remote.ask({ verb: 'close' });
    await this.#remote.close();
  }
}

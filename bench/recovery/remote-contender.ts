import type { Target } from '../contenders/contender.ts';
import { forkModule, Remote } from '../remote.ts';
import type { Outage } from './marks.ts';
import type { RecoveryContender } from './plan.ts';
import type { Turn } from './summary.ts';

export type ContenderRequest =
  | { readonly verb: 'verify'; readonly name: RecoveryContender; readonly target: Target }
  | {
      readonly verb: 'begin';
      readonly name: RecoveryContender;
      readonly target: Target;
      readonly callers: number;
    }
  | { readonly verb: 'stand-still'; readonly ms: number }
  | { readonly verb: 'finish'; readonly outage: Outage };

/**
 * A contender and its callers, in a process of its own: what one of them leaves behind, as a failover that goes on after its pool was
 * closed, is not there when another one has its turn.
 */
export class RemoteContender {
  readonly name: RecoveryContender;
  readonly #remote = new Remote<ContenderRequest>(forkModule(new URL('./contender-process.ts', import.meta.url)));

  constructor(name: RecoveryContender) {
    this.name = name;
  }

  /** @throws {Error} where it cannot be had, or answers wrongly */
  async verify(target: Target): Promise<void> {
    await this.#remote.ask({ verb: 'verify', name: this.name, target });
  }

  /** With a pool of its own. @returns when all callers are at work, and have been for a while */
  async begin(target: Target, callers: number): Promise<void> {
    await this.#remote.ask({ verb: 'begin', name: this.name, target, callers });
  }

  standStill(ms: number): Promise<Outage> {
    return this.#remote.ask({ verb: 'stand-still', ms });
  }

  /** @returns when all has come after the fault, or none of it may any more */
  finish(outage: Outage): Promise<Turn> {
    return this.#remote.ask({ verb: 'finish', outage });
  }

  async close(): Promise<void> {
    await this.#remote.close();
  }
}

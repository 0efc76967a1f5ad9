import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FaultMode } from '../fault-proxy.ts';

export interface NetworkOptions {
  /** Where the server is. */
  readonly port: number;
  /** Default '127.0.0.1'. */
  readonly host?: string;
  /** One link for each client. */
  readonly count: number;
  /** One way, in milliseconds. */
  readonly delayMs: number;
  /** See the option of the fault proxy. */
  readonly transparent: boolean;
}

export type NetworkRequest =
  | ({ readonly verb: 'open' } & NetworkOptions)
  | { readonly verb: 'mode'; readonly mode: FaultMode }
  | { readonly verb: 'delay'; readonly ms: number }
  | { readonly verb: 'redirect'; readonly port: number }
  | { readonly verb: 'steal-answers'; readonly count: number }
  | { readonly verb: 'reset' | 'finish' | 'traffic' | 'close' };

/** What one client sent and got, counted on the wire. */
export interface Traffic {
  readonly roundTrips: number;
  readonly pings: number;
}

export interface NetworkAnswer {
  readonly id: number;
  readonly result: { readonly ports?: readonly number[]; readonly traffic?: readonly Traffic[] };
}

interface Question {
  resolve(result: NetworkAnswer['result']): void;
  reject(error: Error): void;
}

/**
 * The network between the clients and the server: a fault proxy for each client, in a process of their own. A real network does not
 * stand still while the application is busy, and a FIN that arrives meanwhile has to lie in the application's own kernel queue.
 */
export class Network {
  // Not all that runs TypeScript here does so with flags that a child would inherit.
  readonly #process = fork(fileURLToPath(new URL('./network-process.ts', import.meta.url)), {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    execArgv: ['--import', 'tsx'],
  });
  readonly #pending = new Map<number, Question>();
  #lastId = 0;
  #closed: Promise<void> | undefined;

  constructor() {
    this.#process.on('message', (message) => {
      const { id, result } = message as NetworkAnswer;
      this.#pending.get(id)?.resolve(result);
      this.#pending.delete(id);
    });
    this.#process.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the process of the network died'));
      if (this.#closed === undefined && this.#pending.size === 0) throw new Error('the process of the network died');
    });
  }

  /** Can be called again, for other clients. @returns the port for each client, those of earlier calls included */
  async open(options: NetworkOptions): Promise<readonly number[]> {
    return (await this.#ask({ verb: 'open', ...options })).ports ?? [];
  }

  async mode(mode: FaultMode): Promise<void> {
    await this.#ask({ verb: 'mode', mode });
  }

  /** Delays everything by `ms` milliseconds in each direction. */
  async delay(ms: number): Promise<void> {
    await this.#ask({ verb: 'delay', ms });
  }

  /** From now on new connections go to another server; those that are open stay where they are. */
  async redirect(port: number): Promise<void> {
    await this.#ask({ verb: 'redirect', port });
  }

  /** RST on every connection of every client. */
  async reset(): Promise<void> {
    await this.#ask({ verb: 'reset' });
  }

  /** FIN on every connection of every client. */
  async finish(): Promise<void> {
    await this.#ask({ verb: 'finish' });
  }

  /** The answers to the next `count` writes of each client are lost, after the server applied them. 0 ends it. */
  async stealAnswers(count: number): Promise<void> {
    await this.#ask({ verb: 'steal-answers', count });
  }

  /** In the order of the ports. */
  async traffic(): Promise<readonly Traffic[]> {
    return (await this.#ask({ verb: 'traffic' })).traffic ?? [];
  }

  /** Cuts everything off; from here on nothing reaches the server. Can be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await this.#ask({ verb: 'close' });
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }

  #ask(request: NetworkRequest): Promise<NetworkAnswer['result']> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.send({ id, request });
    });
  }
}

import type { PoolOptions } from 'mysql2/promise';
import { afterEach, beforeEach } from 'vitest';
import { createFaultProxy, type FaultProxy } from '../../../adapters/testing/index.ts';
import type { Stage } from '../stage.ts';

/** A fault proxy as users have it, in front of the server of a stage; a new one for each test. */
export class Faulty {
  #faults: FaultProxy | undefined;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get faults(): FaultProxy {
    if (this.#faults === undefined) throw new Error('the proxy is started before each test');
    return this.#faults;
  }

  /** How mysql2 connects through it. */
  connection(options: PoolOptions = {}): PoolOptions {
    const { host, port } = this.faults;
    return { ...this.#stage.direct(), host, port, connectTimeout: 2_000, ...options };
  }

  async start(): Promise<void> {
    this.#faults = await createFaultProxy(this.#stage.server.url());
  }

  async stop(): Promise<void> {
    await this.#faults?.close();
  }
}

export function useFaults(stage: Stage): Faulty {
  const faulty = new Faulty(stage);
  beforeEach(() => faulty.start());
  afterEach(() => faulty.stop());
  return faulty;
}

import { afterEach } from 'vitest';

/** What a test opened and has to be ended after it, in the reverse order. */
export interface Cleanups {
  afterwards(cleanup: () => Promise<unknown>): void;
  /** Ends it after the test. Where the test broke its connections, the driver says so, and nobody wants to know. */
  closing<T extends { end(): Promise<unknown> }>(closable: T): T;
}

export function useCleanups(): Cleanups {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  }, 60_000);
  const afterwards = (cleanup: () => Promise<unknown>) => {
    cleanups.push(cleanup);
  };
  return {
    afterwards,
    closing: (closable) => {
      afterwards(() => closable.end().catch(() => {}));
      return closable;
    },
  };
}

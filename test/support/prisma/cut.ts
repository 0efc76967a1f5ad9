import { expect } from 'vitest';
import type { FaultProxy } from '../proxy/fault-proxy.ts';
import { patient, type Stage } from '../stage.ts';

/** What is lost with the connection: a packet of the client, or the answer to it, so that the server has executed it. */
export const losses = ['packet', 'answer'] as const;
export type Loss = (typeof losses)[number];

export interface Cut {
  /** Whether it came to that. */
  readonly happened: boolean;
  /** What the packet says, as far as it is text. */
  readonly packet: string;
  stop(): void;
}

/** Resets the connection at the n-th packet from now on. 1 is the first. */
export function cutAt(proxy: FaultProxy, n: number, loss: Loss): Cut {
  let packets = 0;
  let victim: number | undefined;
  const state = { happened: false, packet: '' };
  const stops = [
    proxy.onClientData((chunk, connection) => {
      packets += 1;
      if (packets !== n) return 'forward';
      state.packet = chunk.toString('latin1');
      victim = connection.id;
      if (loss === 'answer') return 'forward';
      state.happened = true;
      connection.reset();
      return 'swallow';
    }),
    proxy.onServerData((_, connection) => {
      if (loss !== 'answer' || connection.id !== victim) return 'forward';
      state.happened = true;
      connection.reset();
      return 'swallow';
    }),
  ];
  return Object.assign(state, {
    stop: () => {
      for (const stop of stops) stop();
    },
  });
}

/**
 * Does the same with a cut at the first packet, at the second, and so on, until it sends fewer: how many there are is for the adapter
 * and the network to say.
 *
 * @param run is told where it is cut, such as "answer 3", and calls the function that it is given when the cut is to be armed
 * @returns how many runs were cut
 */
export async function cutAtEach(
  proxy: FaultProxy,
  loss: Loss,
  run: (arm: () => Cut, place: string) => Promise<unknown>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    let cut: Cut | undefined;
    const arm = (): Cut => {
      cut = cutAt(proxy, n, loss);
      return cut;
    };
    try {
      await run(arm, `${loss} ${n}`);
    } finally {
      cut?.stop();
    }
    if (cut?.happened !== true) return n - 1;
  }
}

/** Resolves when the server has seen the end of every connection that the proxy has broken, and undone what was open on it. */
export async function settled(stage: Stage): Promise<void> {
  const open = () => stage.proxy.connections();
  await expect.poll(async () => (await stage.server.threads()).length, patient).toBeLessThanOrEqual(open());
}

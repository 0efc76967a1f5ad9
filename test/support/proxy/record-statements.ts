import type { FaultProxy } from './fault-proxy.ts';

const comPing = Buffer.from([1, 0, 0, 0, 0x0e]);

export interface StatementRecord {
  /** How often a packet with this text in it went over the wire. */
  count(text: string): number;
  /** How many packets went out. */
  packets(): number;
  /** How many pings of the protocol did. */
  pings(): number;
  stop(): void;
}

/** Records what clients send through the proxy from now on. Small packets only: each comes in a chunk of its own. */
export function recordStatements(proxy: FaultProxy): StatementRecord {
  const chunks: Buffer[] = [];
  const stop = proxy.onClientData((chunk) => {
    chunks.push(chunk);
    return 'forward';
  });
  return {
    count: (text) =>
      chunks.filter((chunk) => chunk.toString('latin1').toLowerCase().includes(text.toLowerCase())).length,
    packets: () => chunks.length,
    pings: () => chunks.filter((chunk) => chunk.equals(comPing)).length,
    stop,
  };
}

import type { FaultProxy } from './fault-proxy.ts';

const comStmtExecute = 0x17;
const comPing = Buffer.from([1, 0, 0, 0, 0x0e]);

export interface StatementRecord {
  /** How often a packet with this text in it went over the wire. */
  count(text: string): number;
  /** How often the only statement that is under way was: with this text in it, as text or to be prepared; or executed, once it was. */
  times(text: string): number;
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
  const count = (text: string) =>
    chunks.filter((chunk) => chunk.toString('latin1').toLowerCase().includes(text.toLowerCase())).length;
  return {
    count,
    times: (text) => Math.max(count(text), chunks.filter((chunk) => chunk[4] === comStmtExecute).length),
    packets: () => chunks.length,
    pings: () => chunks.filter((chunk) => chunk.equals(comPing)).length,
    stop,
  };
}

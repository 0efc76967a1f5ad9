import { getEventListeners } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import type { Pool } from 'mysql2/promise';
import type { Client } from '../../chaos/clients/client.ts';
import { settled } from '../../chaos/leftovers.ts';
import type { Census, Holdings, Stock } from './protocol.ts';

/** Milliseconds for calls that have ended to give back what they had, and for pools to see that a connection has gone. */
const patience = 3_000;

/** What of mysql2's pools and connections is looked at. */
interface PoolState {
  readonly _allConnections: { toArray(): readonly (NodeJS.EventEmitter & { readonly stream?: NodeJS.EventEmitter })[] };
}

export async function takeHoldings(clients: readonly Client[], shared: AbortSignal): Promise<Holdings> {
  const ofAll = () => sum(clients.map((client) => client.lent()));
  const lent = await settled(ofAll, (count) => count === 0, patience);
  const connections = connectionsOf(clients);
  const pools = clients.flatMap((client) => client.pools);
  return {
    poolListeners: sum(pools.map(listenersOfPool)) + getEventListeners(shared, 'abort').length,
    connectionListeners: Math.max(0, ...connections.map(listenersOfConnection)),
    connections: connections.length,
    lent,
  };
}

export async function takeStock(
  clients: readonly Client[],
  unheard: readonly string[],
  withCensus: boolean,
): Promise<Stock> {
  await settled(
    () => connectionsOf(clients).length,
    (count) => count === 0,
    patience,
  );
  await collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const active = (name: string) => resources.filter((resource) => resource === name).length;
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    openSockets: active('TCPSocketWrap'),
    runningTimers: active('Timeout'),
    census: withCensus ? takeCensus() : undefined,
    unheard: [...unheard],
  };
}

/** What was finalised by one collection can be freed by the next one, and some of it only when the event loop has turned. */
async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('to be started with --expose-gc');
  for (let n = 0; n < 4; n += 1) {
    globalThis.gc();
    await delay(20);
  }
}

/** `unref()` hides a timer from Node's own list of what is active, but not from the heap. */
function takeCensus(): Census {
  const timer = setTimeout(() => {}, 0);
  const Timeout = timer.constructor as new () => unknown;
  clearTimeout(timer);
  return { timers: living(Timeout), sockets: living(Socket), promises: living(Promise) };
}

function living(kind: new (...args: never[]) => unknown): number {
  return queryObjects(kind, { format: 'count' }) as unknown as number;
}

function connectionsOf(clients: readonly Client[]) {
  const pools = clients.flatMap((client) => client.pools);
  return pools.flatMap((pool) => (pool.pool as unknown as PoolState)._allConnections.toArray());
}

function listenersOfConnection(connection: NodeJS.EventEmitter & { readonly stream?: NodeJS.EventEmitter }): number {
  return listenersOf(connection) + (connection.stream === undefined ? 0 : listenersOf(connection.stream));
}

function listenersOfPool(pool: Pool): number {
  return listenersOf(pool as unknown as NodeJS.EventEmitter) + listenersOf(pool.pool as unknown as NodeJS.EventEmitter);
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return sum(emitter.eventNames().map((name) => emitter.listenerCount(name)));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((before, count) => before + count, 0);
}

import { setTimeout as delay } from 'node:timers/promises';
import type { PoolOptions } from 'mysql2/promise';
import { randomFrom } from '../../support/fuzz/random-from.ts';
import { check, type Verdict } from './check.ts';
import type { Client } from './clients/client.ts';
import { type ClientName, clientKindOf } from './clients/clients.ts';
import type { History } from './history.ts';
import type { HistoryFile } from './history-file.ts';
import { growthOfPools, type Holdings, settled, takeStock } from './leftovers.ts';
import { type Clock, type LoadOptions, load, loadEachKind, workListOf } from './load.ts';
import { unleash } from './nemesis.ts';
import { holdRows } from './operator/hold-rows.ts';
import { employOperator } from './operator/operator.ts';
import { watchStandstill } from './standstill.ts';
import { createDatabase, databaseOf, readTables } from './tables.ts';
import type { Fault, World } from './world.ts';

export interface RunOptions {
  readonly world: World;
  readonly clients: readonly ClientName[];
  readonly seed: number;
  readonly seconds: number;
  /** Calls that are under way at once, of each client. */
  readonly callers: number;
  /** What may happen. */
  readonly faults: readonly Fault[];
  readonly file: HistoryFile;
  onFault(name: string | undefined): void;
}

/** What one client was told and did, and what it left behind when all was over. */
export interface Outcome extends Verdict {
  readonly client: ClientName;
  readonly history: History;
  /** Connections that never came back to the pool. */
  readonly lent: number;
}

export interface RunResult {
  readonly outcomes: readonly Outcome[];
  /** Connections that the servers still had when the pools had ended. */
  readonly threads: number;
  /** Before the first fault, and at the end. */
  readonly before: Holdings;
  readonly after: Holdings;
  /** When all pools had ended. */
  readonly atTheEnd: Holdings;
}

/** Fewer connections than calls: some have to wait. */
const poolOptions: PoolOptions = { connectionLimit: 20, connectTimeout: 1_500 };
/** Seconds of load before the first fault: whatever is made once is made then. */
const warmUp = 2;
/** Milliseconds for what is left of calls and connections to go away. */
const patience = 20_000;
const isZero = (count: number) => count === 0;

/** The whole of a run: load without faults, load with faults, and a look at what is left. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { world, clients, callers, faults, file, seed, seconds } = options;
  for (const name of clients) await world.asRoot((root) => createDatabase(root, name));
  const opened = clients.map((name, index) => {
    const database = databaseOf(name);
    const client = clientKindOf(name).open({ ...world.addressOf(index), ...poolOptions, database });
    return { name, client, list: workListOf(name) };
  });
  const startedAt = performance.now();
  const clock = () => performance.now() - startedAt;
  const add: LoadOptions['add'] = (event) => file.add(event);
  const loadUntil = (until: number, salt: number) =>
    Promise.all(opened.map((one) => load({ ...one, callers, seed: seed + salt, clock, until, add })));

  await Promise.all(opened.map((one) => loadEachKind({ ...one, seed, clock, add })));
  await loadUntil(clock() + warmUp * 1_000, 1);
  const before = await takeStock();
  const stopWatching = watchStandstill(clock, add);
  const until = clock() + seconds * 1_000;
  const stopOperating = operate(options, clock);
  const loaded = loadUntil(until, 2);
  await unleash(faults, { random: randomFrom(seed), clock, until, add, onFault: options.onFault });
  await world.heal();
  await loaded;
  await stopOperating();
  stopWatching();
  await file.close();

  const lent = await Promise.all(opened.map(({ client }) => settled(() => client.lent(), isZero, patience)));
  // The last calls have only just ended: sockets that close, timers and what an ORM remembers for a while hold memory yet.
  const after = await settled(takeStock, ({ megabytes }) => megabytes <= before.megabytes + growthOfPools, patience);
  await Promise.all(opened.map(({ client }) => end(client)));
  const atTheEnd = await settled(takeStock, ({ sockets }) => sockets === 0, 2_000);
  await world.hangUp();
  const threads = await settled(() => world.threads(), isZero, patience);
  const outcomes: Outcome[] = [];
  for (const [index, { name }] of opened.entries()) {
    const history = await file.read(name);
    const tables = await world.asRoot((root) => readTables(root, name));
    outcomes.push({ client: name, history, lent: lent[index] ?? 0, ...check(history, tables) });
  }
  return { outcomes, threads, before, after, atTheEnd };
}

/** Lets somebody hold the rows that slow reads wait for, and somebody else end the reads that wait for too long. */
function operate({ world, clients, seed, file }: RunOptions, clock: Clock): () => Promise<unknown> {
  const { operated: server } = world;
  if (server === undefined) return async () => {};
  const dismissOperator = employOperator({
    server,
    random: randomFrom(seed + 3),
    clock,
    add: (note) => file.add(note),
  });
  const release = holdRows(server, clients.map(databaseOf));
  return () => Promise.all([dismissOperator(), release()]);
}

/** A pool with a connection that never answers does not end. */
async function end(client: Client): Promise<void> {
  const late = new AbortController();
  await Promise.race([
    client.end().catch(() => {}),
    delay(patience, undefined, { signal: late.signal }).catch(() => {}),
  ]);
  late.abort();
}

import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '../../support/fuzz/random-from.ts';
import { check } from '../chaos/check.ts';
import { type ClientName, clientKindOf } from '../chaos/clients/clients.ts';
import type { ClusterWorld } from '../chaos/cluster-world.ts';
import { type Call, type Event, type History, isSafeRead, rowsOf } from '../chaos/history.ts';
import { load, workListOf } from '../chaos/load.ts';
import { happen } from '../chaos/nemesis.ts';
import { watchStandstill } from '../chaos/standstill.ts';
import { createDatabase, databaseOf, foreignDatabaseOf, readTables } from '../chaos/tables.ts';
import type { Fault } from '../chaos/world.ts';
import { clusterWorlds } from '../chaos/worlds/worlds.ts';
import { longestGap, type Outage, WritabilityProbe } from './writability.ts';

export type ClusterName = keyof typeof clusterWorlds;

/** What became of the calls of one client during an event. */
export interface EventResult {
  readonly client: ClientName;
  readonly operations: number;
  readonly duplicates: number;
  /** Acknowledged, and not there although no server was given up that may have kept them to itself. */
  readonly lost: number;
  /** Acknowledged by a server that was given up before it had passed them on. */
  readonly lostTail: number;
  /** The caller was told that they had failed, and they are there. */
  readonly falselyRefused: number;
  readonly failed: number;
  readonly unknown: number;
  readonly hung: number;
  /** Milliseconds from when the cluster could be written to again to the client's first write; undefined if it could all along. */
  readonly firstSuccessAfter: number | undefined;
  /** The longest time without a write that succeeded, in milliseconds. */
  readonly longestPause: number;
  /** Every promise that was broken, of a client that is held to them; see the checker. */
  readonly violations: readonly string[];
}

export interface EventRow {
  readonly server: string;
  readonly event: string;
  /** For how many milliseconds none of the servers took a write; 0 if one did all along. */
  readonly outage: number;
  readonly results: readonly EventResult[];
}

export interface ClusterEventsOptions {
  readonly seed: number;
  /** Called with each row as it comes. */
  onRow?(row: EventRow): void;
}

/** Held against each other, in the same run. */
const clients: readonly ClientName[] = ['drizzle', 'bare-drizzle'];
const callers = 15;
const poolOptions = { connectionLimit: 8, connectTimeout: 1_500 };
/** Milliseconds of load before an event, and after it. */
const lead = 1_500;
const trail = 3_000;

/** Lets each of the events of a cluster happen once, under load. */
export async function clusterEvents(
  name: ClusterName,
  options: ClusterEventsOptions,
): Promise<{ readonly version: string; readonly rows: readonly EventRow[] }> {
  const world = await clusterWorlds[name].create(clients.length);
  const rows: EventRow[] = [];
  try {
    for (const [index, fault] of world.events.entries()) {
      const row = await eventUnderLoad(world, fault, options.seed + index);
      options.onRow?.(row);
      rows.push(row);
    }
  } finally {
    await world.destroy();
  }
  return { version: world.servers[0]?.version ?? '', rows };
}

async function eventUnderLoad(world: ClusterWorld, fault: Fault, seed: number): Promise<EventRow> {
  await freshTables(world);
  const opened = clients.map((client, index) => {
    const database = databaseOf(client);
    const { open } = clientKindOf(client);
    return {
      name: client,
      client: open({ ...world.addressOf(index), ...poolOptions, database }),
      list: workListOf(client),
    };
  });
  const startedAt = performance.now();
  const clock = () => performance.now() - startedAt;
  const events: Event[] = [];
  const add = (event: Event) => events.push(event);
  const stopWatching = watchStandstill(clock, add);
  const probe = new WritabilityProbe(world.servers, clock);
  probe.start();
  let until = Number.POSITIVE_INFINITY;
  const loaded = Promise.all(
    opened.map((one) =>
      load({
        ...one,
        callers,
        seed,
        clock,
        add,
        get until() {
          return until;
        },
      }),
    ),
  );
  await delay(lead);
  const happened = await happen(fault, randomFrom(seed), clock);
  const { from } = happened;
  add(happened);
  await world.heal();
  await delay(trail);
  until = clock();
  await probe.stop();
  await loaded;
  stopWatching();
  for (const { client } of opened) await Promise.race([client.end().catch(() => {}), delay(2_000)]);
  await world.hangUp();
  const outage = probe.longestOutage(from, until);
  const results: EventResult[] = [];
  for (const client of clients) {
    const tables = await world.asRoot((root) => readTables(root, client));
    results.push(resultOf(client, historyOf(client, events), tables, { from, to: until }, outage));
  }
  return {
    server: world.title,
    event: fault.name,
    outage: outage === undefined ? 0 : outage.to - outage.from,
    results,
  };
}

async function freshTables(world: ClusterWorld): Promise<void> {
  await world.asRoot(async (root) => {
    await root.query('CREATE TABLE IF NOT EXISTS app.probe (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB');
    for (const client of clients) {
      for (const database of [databaseOf(client), foreignDatabaseOf(databaseOf(client))])
        await root.query(`DROP DATABASE IF EXISTS ${database}`);
      await createDatabase(root, client);
    }
  });
}

function historyOf(client: ClientName, events: readonly Event[]): History {
  const calls = events.filter((event): event is Call => event.type === 'call' && event.client === client);
  return {
    calls,
    faults: events.filter((event) => event.type === 'fault'),
    stalls: events.filter((event) => event.type === 'stall'),
    notes: [],
  };
}

function resultOf(
  client: ClientName,
  history: History,
  tables: Parameters<typeof check>[1],
  window: Outage,
  outage: Outage | undefined,
): EventResult {
  const { calls } = history;
  const { violations, lostTail } = check(history, tables);
  const count = (offence: string) => violations.filter((violation) => violation.offence === offence).length;
  const told = (answer: Call['answer']) => calls.filter((call) => call.answer === answer).length;
  const writes = calls.filter((call) => call.answer === 'ok' && rowsOf(call.kind) > 0).map(({ endedAt }) => endedAt);
  const afterwards = outage === undefined ? [] : writes.filter((moment) => moment >= outage.to);
  const pause = longestGap(writes, window.from, window.to, 0);
  return {
    client,
    operations: calls.length,
    duplicates: count('applied twice'),
    lost: count('acknowledged, then lost'),
    lostTail,
    falselyRefused: count('refused, yet applied'),
    failed: calls.filter(({ answer, kind }) => answer === 'refused' && !isSafeRead(kind)).length,
    unknown: told('unknown'),
    hung: told('hung'),
    firstSuccessAfter:
      afterwards.length === 0 || outage === undefined ? undefined : Math.min(...afterwards) - outage.to,
    longestPause: pause === undefined ? 0 : pause.to - pause.from,
    violations: clientKindOf(client).ours ? violations.map(({ offence, what }) => `${offence}: ${what}`) : [],
  };
}

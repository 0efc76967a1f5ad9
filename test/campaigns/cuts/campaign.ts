import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { RetryEvent } from '../../../src/index.ts';
import type { Direction } from '../../support/proxy/fault-proxy-connection.ts';
import type { Server } from '../../support/server/server.ts';
import { type ClientName, clientOf } from './clients.ts';
import { type Conversation, isKnowable, type Lost, lostAt } from './conversation.ts';
import { Lane, type Result } from './cut.ts';
import type { Ledger } from './ledger.ts';
import { bytesToCut, commandOf, type Place, type Sample, sampleOf } from './place.ts';
import { type Told, violations } from './verdict.ts';
import { type WayName, wayOf } from './ways.ts';
import { type WorkloadName, workloadOf } from './workloads.ts';

export interface Campaign {
  readonly client: ClientName;
  readonly workload: WorkloadName;
  readonly way: WayName;
  /** Cut at every so many bytes. */
  readonly every: number;
  /** Of these, so many. Left out: all. */
  readonly sample?: Sample | undefined;
  /** One direction, or one byte, alone. */
  readonly direction?: Direction | undefined;
  readonly byte?: number | undefined;
}

export interface Violation {
  readonly place: Place;
  readonly what: string;
  readonly because: readonly string[];
  /** Does it again. */
  readonly command: string;
}

/** What came of cutting one workload of one client in one way. */
export interface Summary extends Campaign {
  readonly bytes: Readonly<Record<Direction, number>>;
  /** How many conversations there were, and how many of them it came to the cut in. */
  readonly conversations: number;
  readonly cuts: number;
  readonly told: Readonly<Partial<Record<Told | 'hung', number>>>;
  /** How often nobody could know, by what was lost. */
  readonly unknown: Readonly<Partial<Record<Lost, number>>>;
  /** Of these, how often somebody could have known: see {@link isKnowable}. */
  readonly knowable: number;
  /** What proved that something could be sent again, and how often. */
  readonly proofs: Readonly<Partial<Record<string, number>>>;
  readonly violations: readonly Violation[];
  readonly ms: number;
}

export interface World {
  readonly server: Server;
  readonly ledger: Ledger;
}

/**
 * Cuts one workload of one client in one way, at each of its bytes.
 *
 * @throws what keeps a lane from being ready to be cut; nothing is left open then
 */
export async function run(world: World, campaign: Campaign): Promise<Summary> {
  const lanes: Lane[] = [];
  try {
    return await runOn(lanes, world, campaign);
  } catch (error) {
    await Promise.allSettled(lanes.map((lane) => lane.abandon()));
    throw error;
  }
}

async function runOn(opened: Lane[], world: World, campaign: Campaign): Promise<Summary> {
  const startedAt = performance.now();
  const { client, workload, way } = campaign;
  const openLane = async (patience: 'listens' | 'cuts') => {
    const lane = await Lane.open(client, workload, way, world.server, patience);
    opened.push(lane);
    return lane;
  };

  const listener = await openLane('listens');
  const [firstId = 0, secondId = 0] = await world.ledger.allot(2);
  // The first one is not like those that follow: under TLS they resume its session.
  await listener.listen(firstId);
  const conversation = await listener.listen(secondId);
  const places = placesOf(campaign, conversation);
  const ids = await world.ledger.allot(places.length);
  const howMany = Math.min(wayOf(way).lanes, places.length);
  const lanes = await Promise.all(Array.from({ length: howMany }, () => openLane('cuts')));
  const results: Result[] = [];
  let next = 0;
  const work = async (lane: Lane) => {
    for (let place = places[next]; place !== undefined; place = places[next]) {
      const id = ids[next] ?? 0;
      next += 1;
      results.push(await lane.cut(place, id));
    }
  };
  const proofs: string[] = [];
  const note = (event: unknown) =>
    proofs.push((event as RetryEvent).failure.reason.split('; ')[1] ?? 'the code of the error');
  subscribe('gone-away:retry', note);
  await Promise.all(lanes.map(work)).finally(() => unsubscribe('gone-away:retry', note));
  const open = await world.ledger.openTransactions(15_000);
  const ends = await Promise.all(opened.map((lane) => lane.end()));
  const threads = await world.ledger.settled(0, 15_000);

  const found = await world.ledger.effects(ids);
  const wrong = results.flatMap(({ place, id, ...heard }) =>
    violations(workloadOf(workload), heard, found.get(id) ?? { rows: 0, balance: 0 }).map((what) =>
      violation(place, what, heard.because),
    ),
  );
  const somewhere: Place = { client, workload, way, direction: 'c2s', byte: 0 };
  const leaked = ends.reduce((sum, left) => sum + left, 0);
  if (open.length > 0) wrong.push(violation(somewhere, `${open.length} transactions were left open`, open));
  if (leaked > 0) wrong.push(violation(somewhere, `${leaked} connections were left when its pools had ended`, []));
  if (threads > 0) wrong.push(violation(somewhere, `${threads} threads were left on the server`, []));
  const unknown = results.filter(({ told }) => told === 'unknown');
  return {
    ...campaign,
    bytes: conversation.bytes,
    conversations: results.length,
    cuts: results.filter(({ cut }) => cut).length,
    told: count(results.map(({ told }) => told)),
    unknown: count(unknown.map(({ place }) => lostAt(conversation, place.direction, place.byte))),
    knowable: unknown.filter(({ place }) => isKnowable(conversation, place)).length,
    proofs: count(proofs),
    violations: wrong,
    ms: Math.round(performance.now() - startedAt),
  };
}

function placesOf(campaign: Campaign, conversation: Conversation): Place[] {
  const { client, workload, way, every, sample, direction, byte } = campaign;
  const step = every * (clientOf(client).every ?? 1);
  const bytesOf = (each: Direction): readonly number[] => {
    if (byte !== undefined) return [byte];
    const bytes = bytesToCut(workload, conversation.bytes[each], step);
    return sample === undefined ? bytes : sampleOf(conversation, each, bytes, sample);
  };
  return (['c2s', 's2c'] as const)
    .filter((each) => each === (direction ?? wayOf(way).direction ?? each))
    .flatMap((each) => bytesOf(each).map((at) => ({ client, workload, way, direction: each, byte: at })));
}

function violation(place: Place, what: string, because: readonly string[]): Violation {
  return { place, what, because, command: commandOf(place) };
}

function count<T extends string>(values: readonly T[]): Partial<Record<T, number>> {
  const counts: Partial<Record<T, number>> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

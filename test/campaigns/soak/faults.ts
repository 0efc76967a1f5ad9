import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Network } from '../../support/proxy/network/network.ts';
import type { LocalServer } from '../../support/server/local-server.ts';
import { withConnection } from '../../support/server/server-admin.ts';
import { kill, killConnections } from '../../support/server/server-faults.ts';

/** Something that happens to the pools. */
export interface SoakFault {
  readonly name: string;
  /** How often it comes before all have come again. */
  readonly share: number;
  /** Milliseconds that it takes at most; the load goes on for so long. */
  readonly lasts: number;
  run(random: () => number): Promise<void>;
}

export function faultsOf(server: LocalServer, network: Network): readonly SoakFault[] {
  const asRoot = <T>(work: (root: Connection) => Promise<T>) => withConnection(server.connectionOptions('root'), work);
  return [
    { name: 'KILL of one', share: 7, lasts: 200, run: (random) => asRoot((root) => killOne(root, random)) },
    { name: 'KILL of all', share: 2, lasts: 200, run: () => asRoot((root) => killConnections(root, 'all')) },
    { name: 'RST', share: 5, lasts: 100, run: () => network.reset() },
    { name: 'FIN', share: 5, lasts: 100, run: () => network.finish() },
    { name: 'silence', share: 2, lasts: 1_500, run: (random) => silence(network, 'blackhole', random) },
    { name: 'answers lost', share: 2, lasts: 1_500, run: (random) => silence(network, 'drop-s2c', random) },
    {
      name: 'freeze',
      share: 2,
      lasts: 1_500,
      async run(random) {
        await server.freeze();
        await delay(200 + 1_000 * random());
        await server.thaw();
      },
    },
    { name: 'restart', share: 1, lasts: 2_500, run: () => server.restart() },
  ];
}

async function killOne(root: Connection, random: () => number): Promise<void> {
  const [threads] = await root.query<(RowDataPacket & { id: number })[]>(
    "SELECT id AS id FROM information_schema.processlist WHERE user = 'app' AND db NOT LIKE 'chaos_bare%'",
  );
  const chosen = threads[Math.floor(random() * threads.length)];
  if (chosen !== undefined) await kill(root, 'KILL', chosen.id);
}

/** What was silent is reset in the end: the server would keep its half of it for ever, and nobody could tell that from a leak. */
async function silence(network: Network, mode: 'blackhole' | 'drop-s2c', random: () => number): Promise<void> {
  await network.mode(mode);
  await delay(200 + 1_000 * random());
  await network.reset();
  await network.mode('pass');
}

/** Draws one fault after the other: each as often as its share says, in an order that is drawn, then all of them again. */
export class Bag {
  readonly #faults: readonly SoakFault[];
  readonly #random: () => number;
  #left: SoakFault[] = [];

  constructor(faults: readonly SoakFault[], random: () => number) {
    this.#faults = faults;
    this.#random = random;
  }

  draw(): SoakFault {
    if (this.#left.length === 0)
      this.#left = this.#faults.flatMap((fault) => Array.from({ length: fault.share }, () => fault));
    const [fault] = this.#left.splice(Math.floor(this.#random() * this.#left.length), 1);
    if (fault === undefined) throw new Error('there are no faults');
    return fault;
  }

  /** Puts one back that did not fit into the time that was left. */
  putBack(fault: SoakFault): void {
    this.#left.push(fault);
  }
}

/** Milliseconds from the beginning of a fault to that of the next one, on average; with the phases in which there is none, about one a second. */
const rhythm = 650;

/** Lets one fault after the other happen until then. @param happened is told of each */
export async function unleash(
  bag: Bag,
  { random, until, happened }: { random: () => number; until: number; happened(fault: SoakFault): void },
): Promise<void> {
  for (;;) {
    const next = performance.now() + rhythm * (0.5 + random());
    const fault = bag.draw();
    const left = until - performance.now();
    if (fault.lasts < left) {
      happened(fault);
      await fault.run(random);
    } else bag.putBack(fault);
    const pause = next - performance.now();
    if (performance.now() + pause > until) return;
    await delay(Math.max(0, pause));
  }
}

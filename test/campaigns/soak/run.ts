import { randomFrom } from '../../support/fuzz/random-from.ts';
import { Network } from '../../support/proxy/network/network.ts';
import { findServerBinary } from '../../support/server/find-server-binary.ts';
import { type LocalServer, launchLocalServer } from '../../support/server/local-server.ts';
import { openTransactions } from '../../support/server/open-transactions.ts';
import { withConnection } from '../../support/server/server-admin.ts';
import { settled } from '../chaos/leftovers.ts';
import { createDatabase } from '../chaos/tables.ts';
import { Application } from './application/application.ts';
import type { Address, Quiet, SoakedClient, Told } from './application/protocol.ts';
import { Bag, faultsOf, unleash } from './faults.ts';
import { measureLarge } from './large.ts';
import type { SoakOptions } from './options.ts';
import { isOver, isWarm, type Plan, planOf } from './plan.ts';
import type { QuietPair, Reading, SoakResult } from './verdict.ts';

/** Milliseconds in which a thread of the server goes whose connection has gone. */
const patience = 3_000;

/** Milliseconds of load before it counts: what faults have ended is made anew then; and until all callers have begun. */
const recovery = 250;
const startUp = 60;

export interface SoakRun {
  readonly title: string;
  readonly result: SoakResult;
}

/** The whole of a run, on a server of its own. */
export async function run(options: SoakOptions, say: (line: string) => void): Promise<SoakRun> {
  const { server: wish, clients } = options;
  const server = await launchLocalServer({ name: 'soak', ...(wish && { binary: await findServerBinary(wish) }) });
  const network = new Network();
  const ours = new Application();
  const bare = new Application();
  try {
    for (const name of clients.flatMap((client) => [client, `bare-${client}`]))
      await withConnection(server.connectionOptions('root'), (root) => createDatabase(root, name));
    const links = { port: server.port, count: 1, delayMs: 0 };
    const [port = 0] = await network.open({ ...links, transparent: true });
    const [, plainPort = 0] = await network.open({ ...links, transparent: false });
    const address: Address = {
      host: server.host,
      user: 'app',
      password: 'app',
      port,
      plainPort,
      directPort: server.port,
    };
    const title = `${server.kind} ${server.version}`;
    say(`${title}, ${clients.join(', ')}, ${options.minutes} min, --seed ${options.seed}`);
    const soak = new Soak({ server, network, ours, bare, address, options, say });
    return { title, result: await soak.run() };
  } finally {
    // A server that stands still would not end, and neither would what waits for it.
    await server.thaw();
    await Promise.all([ours.close(), bare.close(), network.close()]);
    await server.destroy();
  }
}

interface Stage {
  readonly server: LocalServer;
  readonly network: Network;
  readonly ours: Application;
  readonly bare: Application;
  readonly address: Address;
  readonly options: SoakOptions;
  say(line: string): void;
}

class Soak {
  readonly #stage: Stage;
  readonly #plan: Plan;
  readonly #bag: Bag;
  readonly #random: () => number;
  readonly #startedAt = performance.now();
  readonly #faults: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #readings: Reading[] = [];
  readonly #quiet: QuietPair[] = [];
  #calls = 0;
  #hung = 0;
  /** How many rounds belong to it, once it is over. */
  #warmUp: number | undefined;
  #loadedMs = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#plan = planOf(stage.options.minutes);
    this.#random = randomFrom(stage.options.seed);
    this.#bag = new Bag(faultsOf(stage.server, stage.network), this.#random);
  }

  async run(): Promise<SoakResult> {
    const { ours, bare, options, address, say } = this.#stage;
    const { clients, leaks } = options;
    const before = await ours.ask<'open'>({ verb: 'open', address, clients, wrapped: true, leaks });
    await bare.ask<'open'>({ verb: 'open', address, clients, wrapped: false, leaks: [] });
    const { minutes } = options;
    for (let round = 0; !isOver(minutes, this.#elapsedMs(), round - (this.#warmUp ?? round)); round += 1) {
      await this.#sufferFaults(round);
      await this.#look(round);
      await this.#compare(clients[round % clients.length] ?? 'mysql2', round);
    }
    // Again with all connections reset, as at the end of the warm-up.
    await this.#stage.network.reset();
    const { census } = await ours.ask<'stock'>({ verb: 'stock', census: true });
    const seconds = this.#elapsedMs() / 1_000;
    say('statements of a megabyte that fail');
    const large = await measureLarge(this.#stage, clients, options.minutes < 1 ? 3 : 7);
    // The threads of the one without this package are not to be taken for ours.
    await bare.close();
    const stock = await ours.ask<'end'>({ verb: 'end' });
    const threads = await this.#threads();
    const transactions = await withConnection(this.#stage.server.connectionOptions('root'), (root) =>
      openTransactions(async (sql, params) => (await root.query(sql, [...params]))[0], 'app', patience),
    );
    return {
      seconds,
      loadedSeconds: this.#loadedMs / 1_000,
      told: { calls: this.#calls, errors: this.#errors, hung: this.#hung },
      faults: this.#faults,
      before,
      readings: this.#readings,
      census,
      warmUp: this.#warmUp ?? 0,
      quiet: this.#quiet,
      large,
      left: { stock, threads, transactions },
    };
  }

  async #sufferFaults(round: number): Promise<void> {
    const { ours, options } = this.#stage;
    const ms = this.#plan.faultsMs;
    const from = performance.now();
    const loaded = ours.ask<'load'>({ verb: 'load', ms, seed: options.seed + round * 1_000_003 });
    const happened = ({ name }: { name: string }) => {
      this.#faults[name] = (this.#faults[name] ?? 0) + 1;
    };
    // It is over a little before the load is, so that the last calls are not all made anew.
    await Promise.all([loaded, unleash(this.#bag, { random: this.#random, until: from + ms - 300, happened })]);
    this.#loadedMs += performance.now() - from;
    this.#add(await loaded);
  }

  /** The same load with this package and without, twice, in an order that favours none of them. */
  async #compare(client: SoakedClient, round: number): Promise<void> {
    const { ours, bare, options } = this.#stage;
    const measure = (application: Application, turn: number, runUpMs: number): Promise<Quiet> => {
      const seed = options.seed + round * 2 + turn;
      return application.ask<'quiet'>({ verb: 'quiet', client, runUpMs, ms: this.#plan.quietMs, seed });
    };
    const first = { ours: await measure(ours, 0, recovery), bare: await measure(bare, 0, recovery) };
    const second = { bare: await measure(bare, 1, startUp), ours: await measure(ours, 1, startUp) };
    for (const pair of [first, second]) {
      this.#quiet.push({ client, ...pair });
      this.#calls += pair.ours.calls;
    }
  }

  /**
   * What the process holds is asked when all connections have been reset: how many there are just then, and what each of them has prepared,
   * is a matter of megabytes and of luck, and would hide what is kept of those that were lost. The one without this package gets rid of
   * its garbage as well: the next phase compares the two.
   */
  async #look(round: number): Promise<void> {
    const { ours, bare, network, options, say } = this.#stage;
    const holdings = await ours.ask<'holdings'>({ verb: 'holdings' });
    await network.reset();
    const warmsUp = this.#warmUp === undefined && isWarm(options.minutes, this.#elapsedMs(), round + 1);
    if (warmsUp) this.#warmUp = round + 1;
    const stock = await ours.ask<'stock'>({ verb: 'stock', census: warmsUp });
    await bare.ask<'stock'>({ verb: 'stock', census: false });
    const strayThreads = await this.#threads();
    const at = this.#elapsedMs() / 60_000;
    this.#readings.push({ ...holdings, ...stock, at, calls: this.#calls, strayThreads });
    const megabytes = ((stock.heapBytes + stock.externalBytes) / 2 ** 20).toFixed(2);
    say(`${at.toFixed(1).padStart(6)} min  ${String(this.#calls).padStart(9)} calls  ${megabytes.padStart(7)} MB`);
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #threads(): Promise<number> {
    return settled(
      () => this.#threadsNow(),
      (count) => count === 0,
      patience,
    );
  }

  /** Of those whose pools are wrapped. */
  async #threadsNow(): Promise<number> {
    const [row] = await this.#stage.server.admin<readonly { count: number }[]>(
      "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE user = 'app' AND db NOT LIKE 'chaos_bare%'",
    );
    return Number(row?.count);
  }

  #add({ calls, errors, hung }: Told): void {
    this.#calls += calls;
    this.#hung += hung;
    for (const [name, count] of Object.entries(errors)) this.#errors[name] = (this.#errors[name] ?? 0) + count;
  }
}

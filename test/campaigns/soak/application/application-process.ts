// The process whose memory is measured: pools, their callers, and nothing else. See application.ts.
import { randomFrom } from '../../../support/fuzz/random-from.ts';
import { isUnheardOfMariaDbDriver } from '../../../support/prisma/mariadb-driver.ts';
import type { Client } from '../../chaos/clients/client.ts';
import { clientKindOf } from '../../chaos/clients/clients.ts';
import { settled } from '../../chaos/leftovers.ts';
import { WorkList } from '../../chaos/work.ts';
import type { Envelope } from './application.ts';
import { databaseFor, openClient } from './clients.ts';
import { sendLarge } from './large.ts';
import { Leaks } from './leaks.ts';
import { isFitForLong, type LoadedClient, load } from './load.ts';
import { renewMemory } from './prisma-memory.ts';
import type { Answers, Holdings, Request, RequestOf, SoakedClient, Stock } from './protocol.ts';
import { callQuietly } from './quiet.ts';
import { takeHoldings, takeStock } from './stock.ts';

/** Milliseconds in which sockets close whose pool has ended. */
const patience = 5_000;

const unheard: string[] = [];
process.on('unhandledRejection', (error) => {
  if (!isUnheardOfMariaDbDriver(error)) unheard.push(String(error));
});
process.on('uncaughtException', (error) => unheard.push(error.stack ?? String(error)));

class Application {
  readonly #clients = new Map<SoakedClient, LoadedClient>();
  readonly #shared = new AbortController().signal;
  readonly #request: RequestOf<'open'>;
  readonly #leaks: Leaks;

  constructor(request: RequestOf<'open'>) {
    const { address, clients, wrapped, leaks } = request;
    this.#request = request;
    this.#leaks = new Leaks(leaks, address);
    for (const name of clients) {
      const kinds = wrapped ? clientKindOf(name).kinds.filter(isFitForLong) : (['read'] as const);
      this.#clients.set(name, { client: openClient(name, address, wrapped), list: new WorkList(kinds) });
    }
  }

  async answer(request: Request): Promise<Answers[Request['verb']]> {
    switch (request.verb) {
      case 'open':
        return this.#open();
      case 'load':
        return this.#load(request);
      case 'quiet':
        return callQuietly(this.#clientOf(request.client), request);
      case 'large':
        return sendLarge(this.#request.address, this.#request.wrapped, request);
      case 'holdings':
        return this.#holdings();
      case 'stock':
        return this.#stock(request.census);
      case 'end':
        return this.#end();
      default:
        return request satisfies never;
    }
  }

  /** What is made once for each kind of call is made here, so that it does not count as growth. */
  async #open(): Promise<Holdings> {
    const before = await takeHoldings(this.#all(), this.#shared);
    for (const { client, list } of this.#clients.values())
      for (const work of list.ofEachKind(randomFrom(0))) await client.perform(work, undefined).catch(() => {});
    return before;
  }

  #load({ ms, seed }: RequestOf<'load'>) {
    const clients = [...this.#clients.values()];
    return load({
      clients,
      ms,
      seed,
      shared: this.#shared,
      afterCall: ({ pools: [pool] }) => this.#leaks.afterCall(pool),
    });
  }

  async #holdings(): Promise<Holdings> {
    const prisma = this.#clients.get('prisma');
    if (prisma !== undefined && this.#request.wrapped) await renewMemory(prisma);
    return takeHoldings(this.#all(), this.#shared);
  }

  #stock(withCensus: boolean): Promise<Stock> {
    return takeStock(this.#all(), unheard, withCensus);
  }

  async #end(): Promise<Holdings & Stock> {
    const [first] = this.#request.clients;
    if (first !== undefined) await this.#leaks.beforeEnd(databaseFor(first, this.#request.wrapped));
    await Promise.all(this.#all().map((client) => client.end()));
    await settled(() => process.getActiveResourcesInfo(), hasNothingOpen, patience);
    return { ...(await takeHoldings(this.#all(), this.#shared)), ...(await this.#stock(true)) };
  }

  #all(): readonly Client[] {
    return [...this.#clients.values()].map(({ client }) => client);
  }

  #clientOf(name: SoakedClient): LoadedClient {
    const found = this.#clients.get(name);
    if (found === undefined) throw new Error(`${name} was not opened`);
    return found;
  }
}

function hasNothingOpen(resources: readonly string[]): boolean {
  return !resources.some((name) => name === 'TCPSocketWrap' || name === 'Timeout');
}

let application: Application | undefined;

process.on('message', async ({ id, request }: Envelope) => {
  try {
    if (request.verb === 'open') application = new Application(request);
    process.send?.({ id, result: await application?.answer(request) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// However its user ends, it does not outlive it, whatever was leaked in it.
process.on('disconnect', () => process.exit());

import { createFaultProxy, type FaultProxy } from '../fault-proxy.ts';
import { AnswerThief } from './answer-thief.ts';
import type { NetworkAnswer, NetworkOptions, NetworkRequest } from './network.ts';

/** The packet of COM_PING: length 1, sequence 0, command 0x0e. Over plain TCP it can be seen. */
const comPing = Buffer.from([1, 0, 0, 0, 0x0e]);

interface Link {
  readonly proxy: FaultProxy;
  readonly thief: AnswerThief;
  pings: number;
}

const links: Link[] = [];

async function handle(request: NetworkRequest): Promise<NetworkAnswer['result']> {
  switch (request.verb) {
    case 'open':
      for (let n = 0; n < request.count; n += 1) links.push(await openLink(request));
      return { ports: links.map(({ proxy }) => proxy.port) };
    case 'mode':
      for (const { proxy } of links) proxy.set(request.mode);
      return {};
    case 'delay':
      for (const { proxy } of links) proxy.delay(request.ms);
      return {};
    case 'redirect':
      for (const { proxy } of links) proxy.redirect({ port: request.port });
      return {};
    case 'reset':
      for (const { proxy } of links) proxy.resetAll();
      return {};
    case 'finish':
      for (const { proxy } of links) proxy.finishAll();
      return {};
    case 'steal-answers':
      for (const { thief } of links) thief.steal(request.count);
      return {};
    case 'traffic':
      return { traffic: links.map(({ proxy, pings }) => ({ roundTrips: proxy.roundTrips, pings })) };
    case 'close':
      await Promise.all(links.map(({ proxy }) => proxy.close()));
      return {};
    default:
      return request satisfies never;
  }
}

async function openLink({ port, host = '127.0.0.1', delayMs, transparent }: NetworkOptions): Promise<Link> {
  const proxy = await createFaultProxy({ port, host, transparent });
  proxy.delay(delayMs);
  const link: Link = { proxy, thief: new AnswerThief(proxy), pings: 0 };
  proxy.onClientData((chunk) => {
    if (chunk.equals(comPing)) link.pings += 1;
    return undefined;
  });
  return link;
}

process.on('message', ({ id, request }: { id: number; request: NetworkRequest }) => {
  handle(request).then(
    (result) => process.send?.({ id, result } satisfies NetworkAnswer),
    (error: unknown) => {
      // Nothing in here fails by itself; if it does, whoever uses it should hear of it.
      setImmediate(() => {
        throw error;
      });
    },
  );
});

// However its user ends, the network does not outlive it.
process.on('disconnect', () => process.exit());

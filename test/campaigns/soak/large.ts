import { createFaultProxy } from '../../support/proxy/fault-proxy.ts';
import type { Break } from '../../support/proxy/fault-proxy-connection.ts';
import type { LocalServer } from '../../support/server/local-server.ts';
import type { Application } from './application/application.ts';
import type { LargeFailure, LargeStatement, SoakedClient } from './application/protocol.ts';
import type { LargeResult } from './verdict.ts';

/** How it fails: the server has it and refuses it, or the connection is lost while it is sent. */
const cases: readonly { readonly statement: LargeStatement; readonly cut?: Break }[] = [
  { statement: 'syntax error' },
  { statement: 'read of a long text', cut: 'rst' },
  { statement: 'read of a long list', cut: 'fin' },
  { statement: 'write', cut: 'rst' },
];

/** Bytes of it that pass. */
const passed = 500_000;

/** Lets each client send a megabyte that fails, with this package and without, so many times each. */
export async function measureLarge(
  { server, ours, bare }: { server: LocalServer; ours: Application; bare: Application },
  clients: readonly SoakedClient[],
  times: number,
): Promise<readonly LargeResult[]> {
  const proxy = await createFaultProxy({ port: server.port });
  const results: LargeResult[] = [];
  try {
    for (const client of clients) {
      for (const { statement, cut } of cases) {
        const send = (application: Application): Promise<LargeFailure> => {
          // Nobody waits for it: where a client gives up before, there is nothing to cut.
          if (cut !== undefined) void proxy.cutAfter('c2s', passed, cut);
          return application
            .ask<'large'>({ verb: 'large', client, statement, port: proxy.port })
            .finally(() => proxy.cutNothing());
        };
        const failures: { ours: LargeFailure; bare: LargeFailure }[] = [];
        for (let n = 0; n < times; n += 1) failures.push({ ours: await send(ours), bare: await send(bare) });
        results.push({
          client,
          statement,
          end: cut === undefined ? 'answered with an error' : `cut by ${cut.toUpperCase()}`,
          told: [...new Set(failures.map((failure) => failure.ours.told))],
          oursMs: failures.map((failure) => failure.ours.blockedMs),
          bareMs: failures.map((failure) => failure.bare.blockedMs),
        });
      }
    }
  } finally {
    await proxy.close();
  }
  return results;
}

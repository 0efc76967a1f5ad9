import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, startServer } from '../support/server.ts';
import { unhurried } from '../support/stage.ts';
import { run } from './campaign.ts';
import { type ClientName, clientOf, meets } from './clients.ts';
import { Ledger } from './ledger.ts';
import { describe as sentenceOf } from './report.ts';
import { type WayName, wayNames } from './ways.ts';
import { workloadNames } from './workloads.ts';

/** Of how many bytes of each direction a conversation is cut at; `npm run fault` cuts at each. */
const counts: Readonly<Record<WayName, number>> = { fin: 12, rst: 12, silence: 5, 'watched silence': 5 };

/** Another one picks other bytes. */
const seed = Number(process.env.BYTES_SEED ?? 20261122);

/** Holds what the callers of a client are told against what the tables say, wherever they are cut. */
export function describeEveryByte(clients: readonly ClientName[]): void {
  describe('cut at every byte', unhurried, () => {
    let server: Server;
    let ledger: Ledger;
    let close: () => Promise<void>;

    beforeAll(async () => {
      server = await startServer({ name: 'bytes' });
      const { database = '' } = server.connectionOptions('app');
      const root = await createConnection({ ...server.connectionOptions('root'), database });
      ledger = await Ledger.open(root);
      close = () => root.end();
    });

    afterAll(async () => {
      await close?.();
      await server?.destroy();
    });

    const cases = clients.flatMap((client) =>
      workloadNames
        .filter((workload) => clientOf(client).workloads.includes(workload))
        .map((workload) => ({ client, workload })),
    );
    test.each(cases)('nobody is told anything false: $workload, through $client', async ({ client, workload }) => {
      for (const way of wayNames.filter((name) => meets(client, name))) {
        const sample = { count: counts[way], seed };
        const summary = await run({ server, ledger }, { client, workload, way, every: 1, sample });
        expect(summary.violations.map(sentenceOf), `BYTES_SEED=${seed}`).toEqual([]);
        // What was not cut proves nothing. Under TLS a conversation is shorter where it resumes a session.
        expect(summary.cuts / summary.conversations, `${way}: the share that was cut`).toBeGreaterThan(0.5);
      }
    });
  });
}

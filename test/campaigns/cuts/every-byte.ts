import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, startServer } from '../../support/server/server.ts';
import { unhurried } from '../../support/stage.ts';
import { run } from './campaign.ts';
import { type ClientName, clientOf, meets } from './clients.ts';
import { Ledger } from './ledger.ts';
import { describe as sentenceOf } from './report.ts';
import { type WayName, wayNames } from './ways.ts';
import { type WorkloadName, workloadNames } from './workloads.ts';

/** Of how many bytes of each direction a conversation is cut at; `npm run cuts` cuts at each. */
const counts: Readonly<Record<WayName, number>> = {
  fin: 12,
  rst: 12,
  refused: 12,
  'stalled, then fin': 4,
  'stalled, then rst': 4,
  'stalled, then given up': 4,
  'stalled, then asked about': 4,
  silence: 5,
  'watched silence': 5,
};

interface Rule {
  readonly client: ClientName;
  readonly workload: WorkloadName;
  readonly way: WayName;
  readonly proof: string;
  /** After so many bytes of the client it is met, whatever else is. Left out: among those of the sample. */
  readonly byte?: number;
}

/** Rules by which the evidence proves that a statement can be sent again, and where they have to be met: a run without them proves nothing of them. */
const rules: readonly Rule[] = [
  {
    client: 'mysql2',
    workload: 'execute',
    way: 'fin',
    proof: 'only its text was sent, to be prepared, which executes nothing',
  },
  { client: 'mysql2', workload: 'execute', way: 'refused', proof: 'the kernel refused the write that carried it' },
  {
    client: 'mysql2',
    workload: 'huge insert',
    way: 'stalled, then rst',
    proof: 'the end of it never left this process',
    // Beyond a ping, should there be one before the statement; and far from its end, which the kernels would take.
    byte: 1_000,
  },
];

/** Another one picks other bytes. */
const seed = Number(process.env.BYTES_SEED ?? 20261122);

/** Holds what the callers of a client are told against what the tables say, wherever they are cut. */
export function describeEveryByte(clients: readonly ClientName[]): void {
  describe('cut at every byte', { ...unhurried, timeout: 240_000 }, () => {
    let server: Server;
    let ledger: Ledger;
    let close: () => Promise<void>;

    beforeAll(async () => {
      server = await startServer({ name: 'cuts' });
      const { database = '', user = '' } = server.connectionOptions('app');
      const root = await createConnection({ ...server.connectionOptions('root'), database });
      ledger = await Ledger.open(root, user);
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
      for (const way of wayNames.filter((name) => meets(client, workload, name))) {
        const sample = { count: counts[way], seed };
        const summary = await run({ server, ledger }, { client, workload, way, every: 1, sample });
        const violations = summary.violations.map(sentenceOf);
        expect(violations, `${way}, with BYTES_SEED=${seed}: ${violations.join('; ')}`).toEqual([]);
        // What was not cut proves nothing. Under TLS a conversation is shorter where it resumes a session.
        expect(summary.cuts / summary.conversations, `${way}: the share that was cut`).toBeGreaterThan(0.5);
        for (const { proof, byte } of rules.filter(
          (rule) => rule.client === client && rule.workload === workload && rule.way === way,
        )) {
          const alone = { client, workload, way, every: 1, direction: 'c2s', byte } as const;
          const { proofs } = byte === undefined ? summary : await run({ server, ledger }, alone);
          expect(proofs, way).toHaveProperty([proof]);
        }
      }
    });
  });
}

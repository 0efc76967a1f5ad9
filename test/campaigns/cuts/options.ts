import { oneOf, parseFlags, wholeNumber } from '../../support/command/command-line.ts';
import type { Direction } from '../../support/proxy/fault-proxy-connection.ts';
import type { Campaign } from './campaign.ts';
import { clientNames, clientOf, meets } from './clients.ts';
import type { Sample } from './place.ts';
import { wayNames } from './ways.ts';
import { workloadNames } from './workloads.ts';

export interface CutsOptions {
  readonly json: boolean;
  readonly every: number;
  readonly seed: number;
  readonly sample: Sample | undefined;
  readonly client: string | undefined;
  readonly workload: string | undefined;
  readonly way: string | undefined;
  readonly direction: Direction | undefined;
  readonly byte: number | undefined;
}

export const usage = `Usage: npm run cuts -- [options]

Cuts conversations with a private server after each of their bytes, in each direction and each way, and holds what the
caller was told against what the tables say.

Options:
  --client NAME     ${clientNames.join(', ')}
  --workload NAME   ${workloadNames.join(', ')}
  --way NAME        ${wayNames.join(', ')}
  --direction NAME  c2s, s2c
  --byte N          at this byte alone
  --every N         at every Nth byte (default 1)
  --sample N        at N bytes of each direction, most of them around the borders of packets
  --seed N          another one samples other bytes (default 1)
  --json            one JSON object on stdout; everything else goes to stderr
  --help            this text

Exit code: 0 if nobody was told anything false, 1 if somebody was, 2 if it did not come to its end: for a wrong option, say.
`;

const directions: readonly Direction[] = ['c2s', 's2c'];

const text = { type: 'string' } as const;
const most = 0xffff_ffff;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): CutsOptions | 'help' {
  const values = parseFlags(args, {
    ...{ client: text, workload: text, way: text, direction: text, byte: text, every: text, sample: text, seed: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  const seed = wholeNumber('--seed', values.seed ?? '1', 0, most);
  const { client, workload, way, direction, byte, every = '1', sample } = values;
  return {
    json: values.json === true,
    every: wholeNumber('--every', every, 1, most),
    seed,
    sample: sample === undefined ? undefined : { count: wholeNumber('--sample', sample, 1, most), seed },
    client: client === undefined ? undefined : oneOf('--client', client, clientNames),
    workload: workload === undefined ? undefined : oneOf('--workload', workload, workloadNames),
    way: way === undefined ? undefined : oneOf('--way', way, wayNames),
    direction: direction === undefined ? undefined : oneOf('--direction', direction, directions),
    byte: byte === undefined ? undefined : wholeNumber('--byte', byte, 0, most),
  };
}

/** Every workload of every client in every way, as far as the options do not say otherwise. */
export function campaignsOf({
  client,
  workload,
  way,
  every,
  sample,
  direction,
  byte,
}: CutsOptions): readonly Campaign[] {
  const among = <T extends string>(names: readonly T[], wanted: string | undefined) =>
    names.filter((name) => wanted === undefined || name === wanted);
  return among(clientNames, client).flatMap((ofClient) =>
    among(clientOf(ofClient).workloads, workload).flatMap((ofWorkload) =>
      among(wayNames, way)
        .filter((ofWay) => meets(ofClient, ofWorkload, ofWay))
        .map((ofWay) => ({
          client: ofClient,
          workload: ofWorkload,
          way: ofWay,
          every,
          sample,
          direction,
          byte,
        })),
    ),
  );
}

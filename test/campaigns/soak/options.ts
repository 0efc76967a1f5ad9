import { isAbsolute } from 'node:path';
import { numberBetween, oneOf, parseFlags, UsageError, wholeNumber } from '../../support/command/command-line.ts';
import { serverNames } from '../../support/server/named-servers.ts';
import { type Leak, leaks } from './application/leaks.ts';
import { type SoakedClient, soakedClients } from './application/protocol.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** As `GONE_AWAY_SERVER`; undefined for the one that is found on this machine. */
  readonly server: string | undefined;
  readonly clients: readonly SoakedClient[];
  readonly leaks: readonly Leak[];
  readonly json: boolean;
}

const servers = ['apt', 'unpack', ...serverNames];

export const usage = `Usage: npm run soak -- [options]

Lets callers use a private server for a long time, with a fault about every second, and looks whether anything grows or is
left behind: memory, listeners, timers, sockets, threads and transactions of the server. In between, without faults, it
compares the delays of the event loop with those of the same load without this package.

Options:
  --minutes M       how long, 0.3 to 1440 (default 30; 2 are enough for all but a slow leak of memory)
  --seed N          repeats the order of the faults and of the calls of an earlier run (default: random)
  --server NAME     ${servers.join(', ')}, or the path of a server program
                    (default: the one on this machine)
  --client NAMES    some of ${soakedClients.join(', ')}, with commas (default: all)
  --leak NAMES      spoils the run on purpose, to see that it fails: ${leaks.join(', ')}
  --json            one JSON object on stdout; everything else goes to stderr
  --help            this text

Exit code: 0 if nothing grew, was left behind or was held up, 1 if something was, 2 for a wrong option.
`;

const text = { type: 'string' } as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): SoakOptions | 'help' {
  const values = parseFlags(args, {
    ...{ minutes: text, seed: text, server: text, client: text, leak: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  const { server } = values;
  return {
    minutes: numberBetween('--minutes', values.minutes ?? '30', 0.3, 1_440),
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 0xffff_ffff),
    server: server === undefined || isAbsolute(server) ? server : oneOf('--server', server, servers),
    clients: some('--client', values.client ?? soakedClients.join(), soakedClients),
    leaks: values.leak === undefined ? [] : some('--leak', values.leak, leaks),
    json: values.json === true,
  };
}

/** Names with commas between them; one that comes twice would be one client with two pools of one name. */
function some<T extends string>(option: string, value: string, expected: readonly T[]): readonly T[] {
  const names = value.split(',').map((name) => oneOf(option, name, expected));
  if (new Set(names).size < names.length) throw new UsageError(`${option}: ${value} names one of them twice`);
  return names;
}

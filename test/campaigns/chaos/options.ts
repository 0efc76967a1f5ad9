import { numberBetween, oneOf, parseFlags, wholeNumber } from '../../support/command/command-line.ts';
import { type ClientName, clientNames } from './clients/clients.ts';
import { type WorldName, worldNames } from './worlds/worlds.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly server: WorldName;
  readonly clients: readonly ClientName[];
  /** Calls that are under way at once, of each client. */
  readonly callers: number;
  /** Those of the server's faults that have this in their names. */
  readonly fault: string;
  /** Where the history is kept. */
  readonly history: string | undefined;
  readonly json: boolean;
}

export const usage = `Usage: npm run chaos -- [options]

Lets 50 callers use a private server while it is killed, stopped, frozen, cut off and overloaded, and holds what they
were told against what the tables say. An operator ends reads that take too long, by KILL and by KILL QUERY.

Options:
  --seed N          repeats the faults and the calls of an earlier run; its seed is in its report (default: random)
  --minutes M       how long, 0.1 to 1440 (default 1)
  --server NAME     ${worldNames.join(', ')} (default mariadb)
  --client NAMES    some of ${clientNames.join(', ')}, with commas (default drizzle)
  --callers N       of each client, 1 to 1000 (default 50)
  --fault TEXT      only faults with this in their names
  --history FILE    keeps what happened, one event on a line
  --json            one JSON object on stdout; everything else goes to stderr
  --help            this text

Exit code: 0 if no promise was broken, 1 if one was, 2 for a wrong option.
`;

const text = { type: 'string' } as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): ChaosOptions | 'help' {
  const values = parseFlags(args, {
    ...{ seed: text, minutes: text, server: text, client: text, callers: text, fault: text, history: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  return {
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 0xffff_ffff),
    minutes: numberBetween('--minutes', values.minutes ?? '1', 0.1, 1_440),
    server: oneOf('--server', values.server ?? 'mariadb', worldNames),
    clients: (values.client ?? 'drizzle').split(',').map((name) => oneOf('--client', name, clientNames)),
    callers: wholeNumber('--callers', values.callers ?? '50', 1, 1_000),
    fault: values.fault ?? '',
    history: values.history,
    json: values.json === true,
  };
}

import { listOf, oneOf, parseFlags, UsageError, wholeNumber } from '../test/support/command/command-line.ts';
import {
  chosenIn,
  type Group,
  groups,
  namesIn,
  type Path,
  paths,
  type Statement,
  statements,
  transactionsOnly,
} from './plan.ts';

export interface BenchOptions {
  readonly groups: readonly Group[];
  readonly statements: readonly Statement[];
  readonly concurrencies: readonly number[];
  readonly paths: readonly Path[];
  /** Undefined for all of them. */
  readonly contenders: readonly string[] | undefined;
  readonly rounds: number;
  /** Undefined for as many as a round of {@link roundMs} has room for. */
  readonly calls: number | undefined;
  readonly json: boolean;
}

/** How long a round of the first contender of a group takes, in milliseconds: short beside what else the machine does. */
export const roundMs = 50;

const defaults = { concurrency: '1,50,500', rounds: 30 } as const;

export const usage = `Usage: npm run bench -- [options]
       npm run bench -- recovery [options]    how soon callers are served again after a server was away; has a --help of its own
       npm run bench -- cost [options]        the same in instructions and bytes for each call; has a --help of its own

What being wrapped costs while nothing fails: throughput and CPU time per call, against the first contender of each group.
Contenders take turns in short rounds of one run. Pools have ten connections. Measures the built package, as it is published.

Options:
  --group NAMES       some of ${groups.join(', ')}, with commas (default all)
  --statement NAMES   some of ${statements.join(', ')} (default all); ping is SELECT 1
  --concurrency NS    how many calls are under way at a time (default ${defaults.concurrency})
  --path NAMES        some of ${paths.join(', ')} (default both); delay is 1 ms each way, added by a process of its own
  --contender NAMES   only these, and the one that they are measured against (default all):
${groups.map((group) => `                        ${group}: ${namesIn(group).join(', ')}`).join('\n')}
  --rounds N          how often the contenders take turns (default ${defaults.rounds})
  --calls N           calls of each contender in each round, at least as many as are under way at a time
                      (default: what the first one does in ${roundMs} ms, and twice as many as are under way at least)
  --json              one JSON object on stdout; everything else goes to stderr
  --help              this text

All of it takes two hours or so. A contender of others that cannot be had here is left out, with the reason.

Exit code: 0 if it came to its end, 1 if not, 2 for a wrong option.
`;

const most = 1_000_000;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const text = { type: 'string' } as const;
  const values = parseFlags(args, {
    ...{ group: text, statement: text, concurrency: text, path: text, contender: text, rounds: text, calls: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  const options: BenchOptions = {
    groups: someOf('--group', values.group, groups),
    statements: someOf('--statement', values.statement, statements),
    concurrencies: listOf('--concurrency', values.concurrency ?? defaults.concurrency).map((count) =>
      wholeNumber('--concurrency', count, 1, 10_000),
    ),
    paths: someOf('--path', values.path, paths),
    contenders: values.contender === undefined ? undefined : listOf('--contender', values.contender),
    rounds: wholeNumber('--rounds', values.rounds ?? String(defaults.rounds), 1, most),
    calls: values.calls === undefined ? undefined : wholeNumber('--calls', values.calls, 1, most),
    json: values.json === true,
  };
  expectContenders(options);
  return options;
}

/** @throws UsageError */
export function someOf<T extends string>(option: string, value: string | undefined, all: readonly T[]): readonly T[] {
  return value === undefined ? all : listOf(option, value).map((name) => oneOf(option, name, all));
}

/** @throws UsageError for a name that no chosen group has, and for one that has nothing of what was chosen to do */
function expectContenders({ groups, statements, contenders }: BenchOptions): void {
  const names = [...new Set(groups.flatMap(namesIn))];
  for (const name of contenders ?? []) {
    oneOf('--contender', name, names);
    if (!statements.includes('transaction') && transactionsOnly.has(name))
      throw new UsageError(`--contender: ${name} has transactions only, and --statement names none`);
  }
}

/** The groups of which something is to be measured, with the names of it. */
export function chosenGroups({
  groups,
  contenders,
}: Pick<BenchOptions, 'groups' | 'contenders'>): readonly (readonly [Group, readonly string[]])[] {
  return groups.map((group) => [group, chosenIn(group, contenders)] as const).filter(([, names]) => names.length > 0);
}

import { listOf, parseFlags, wholeNumber } from '../../test/support/command/command-line.ts';
import { someOf } from '../options.ts';
import { type Group, groups, type Statement, statements } from '../plan.ts';
import {
  agreement,
  callsOf,
  childMs,
  costContenders,
  defaultGroups,
  defaultStatements,
  mostTries,
  windows,
} from './plan.ts';

export interface CostOptions {
  readonly groups: readonly Group[];
  readonly statements: readonly Statement[];
  /** Undefined for all of them. */
  readonly contenders: readonly string[] | undefined;
  /** In ascending order: a connection that is open would lie idle while calls are made one after the other. */
  readonly concurrencies: readonly number[];
  /** Undefined for as many as {@link callsOf} says. */
  readonly calls: number | undefined;
  readonly json: boolean;
}

const defaults = { concurrency: '1,50' } as const;

export const usage = `Usage: npm run bench -- cost [options]

What being wrapped costs for one call while nothing fails, counted and not timed: instructions, and bytes that are allocated on V8's
heap, and how much more they are than those of the first contender of each group. Contenders are the bare ones and those of this
package. Measures the built package, as it is published, on private servers.

Each contender does each statement in a process of its own, one call after the other and then several at a time. Valgrind counts its
instructions in ${windows} windows of the same calls, which were rehearsed before. Where the middle three are more than ${agreement * 100} % apart they are counted
again, ${mostTries} times in all at most. Shown are the median, and the least and the most. V8 has one thread, and room enough to collect no
garbage meanwhile. Without valgrind, it is user CPU time. Bytes are those of V8's sampling heap profiler, in another process, with what
is garbage by now.

Options:
  --group NAMES       some of ${groups.join(', ')}, with commas (default ${defaultGroups.join(', ')})
  --statement NAMES   some of ${statements.join(', ')} (default ${defaultStatements.join(', ')}); ping is SELECT 1
  --contender NAMES   only these, and the one that they are measured against (default all):
${groups.map((group) => `                        ${group}: ${costContenders[group].join(', ')}`).join('\n')}
  --concurrency NS    how many calls are under way at a time (default ${defaults.concurrency})
  --calls N           calls of each window, at least as many as are under way at a time (default ${callsOf('mysql2', 'ping')}; of transactions, and of
                      Prisma, fewer)
  --json              one JSON object on stdout; everything else goes to stderr
  --help              this text

All of it takes less than ten minutes. What takes longer than ${childMs / 1000} s for one contender and statement is left out, with the reason.

Exit code: 0 if it came to its end, 1 if not, 2 for a wrong option.
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): CostOptions | 'help' {
  const text = { type: 'string' } as const;
  const values = parseFlags(args, {
    ...{ group: text, statement: text, contender: text, concurrency: text, calls: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  const chosen = values.group === undefined ? defaultGroups : someOf('--group', values.group, groups);
  const names = [...new Set(chosen.flatMap((group) => costContenders[group]))];
  return {
    groups: chosen,
    statements:
      values.statement === undefined ? defaultStatements : someOf('--statement', values.statement, statements),
    contenders: values.contender === undefined ? undefined : someOf('--contender', values.contender, names),
    concurrencies: listOf('--concurrency', values.concurrency ?? defaults.concurrency)
      .map((count) => wholeNumber('--concurrency', count, 1, 1_000))
      .sort((a, b) => a - b),
    calls: values.calls === undefined ? undefined : wholeNumber('--calls', values.calls, 1, 1_000_000),
    json: values.json === true,
  };
}

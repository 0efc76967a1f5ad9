/**
 * The demo: `npm run demo` (`-- --help` for its options).
 *
 * The same workload runs at the same time through six clients: bare Drizzle, Drizzle with a ping on every checkout, Drizzle with a
 * naive p-retry around every call, and Drizzle with gone-away; bare Prisma on its own adapter, and Prisma with gone-away. Each has its own
 * pool, its own database and its own proxy to one private server.
 * A script of faults passes over all of them at once: connections killed or reset, answers lost, the server restarted, killed,
 * made read-only, frozen, full, out of reach; and the process itself standing still. At the end, what each caller was told is compared
 * with what is in the tables.
 *
 * Nothing in the result is arranged. The exit code is 0 only if gone-away did what it promises: no write applied twice, no
 * acknowledged write lost, no call without an answer, no error on a safe read, and every other error true.
 */
import { runCommandLine, UsageError } from '../../test/support/command/command-line.ts';
import { drawChart, prepareChartFile } from './chart.ts';
import { isOurs } from './clients.ts';
import { type DemoOptions, parseOptions, usage } from './options.ts';
import { formatTable, formatVerdict } from './report.ts';
import { run } from './run.ts';
import { findingsOf, summarise, violationsOf } from './verdict.ts';

async function main({ seconds, seed, json, chart }: DemoOptions): Promise<boolean> {
  const out = json ? process.stderr : process.stdout;
  await prepareChartFile(chart).catch((error: Error) => {
    throw new UsageError(`--chart: cannot be written: ${error.message}`);
  });
  const { server, faults, outcomes } = await run(seconds, seed);
  const summaries = outcomes.map(({ client, ledger, audit, traffic }) =>
    summarise(client.key, ledger.entries, audit, traffic, faults),
  );
  const violations = outcomes.flatMap(({ client, ledger, audit }) =>
    isOurs(client.key) ? violationsOf(client.key, ledger.entries, audit) : [],
  );
  const columns = outcomes.map(({ client, ledger, audit }) => ({
    client: client.key,
    entries: ledger.entries,
    findings: findingsOf(ledger.entries, audit),
  }));
  await drawChart(chart, columns, faults, seconds);
  const passed = violations.length === 0;
  out.write(`\n${seconds} s on ${server}, --seed ${seed}\n${formatTable(summaries)}\nChart: ${chart}\n`);
  out.write(`${formatVerdict(violations)}\n`);
  if (json) {
    const goneAwayErrors = outcomes
      .filter(({ client }) => isOurs(client.key))
      .flatMap(({ client, ledger }) => ledger.entries.map((entry) => ({ client: client.key, ...entry })))
      .filter(({ answer }) => answer !== 'ok');
    const report = { passed, seconds, seed, server, chart, faults, clients: summaries, violations, goneAwayErrors };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  }
  return passed;
}

await runCommandLine({ usage, parse: parseOptions, run: main });

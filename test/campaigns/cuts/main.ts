import { createConnection } from 'mysql2/promise';
import { describeMachine, runCommandLine } from '../../support/command/command-line.ts';
import { isUnheardOfMariaDbDriver } from '../../support/prisma/mariadb-driver.ts';
import { startServer } from '../../support/server/server.ts';
import { run, type Summary } from './campaign.ts';
import { clientNames, clientOf } from './clients.ts';
import { Ledger } from './ledger.ts';
import { type CutsOptions, campaignsOf, parseOptions, usage } from './options.ts';
import { describe, heading, lineOf, lineOfTotals, totals } from './report.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns whether nobody was told anything false */
async function main(options: CutsOptions): Promise<boolean> {
  const unheard: unknown[] = [];
  process.on('unhandledRejection', (error) => {
    if (!isUnheardOfMariaDbDriver(error)) unheard.push(error);
  });
  process.on('uncaughtException', (error) => unheard.push(error));
  const server = await startServer({ name: 'cuts' });
  const startedAt = performance.now();
  try {
    const { database, user = '' } = server.connectionOptions('app');
    const root = await createConnection({ ...server.connectionOptions('root'), ...(database && { database }) });
    const ledger = await Ledger.open(root, user);
    const summaries: Summary[] = [];
    say(`${server.kind} ${server.version}`);
    say(heading);
    for (const campaign of campaignsOf(options)) {
      const summary = await run({ server, ledger }, campaign);
      summaries.push(summary);
      say(lineOf(summary));
      for (const violation of summary.violations) say(describe(violation));
    }
    await root.end();
    for (const error of unheard) say(`an error that nobody heard: ${String(error)}`);
    const byClient = Object.fromEntries(
      [...new Set(summaries.map(({ client }) => client))].map((name) => [
        name,
        totals(summaries.filter(({ client }) => client === name)),
      ]),
    );
    const total = { ...totals(summaries), unheard: unheard.length, ms: Math.round(performance.now() - startedAt) };
    say('');
    for (const [client, ofClient] of Object.entries(byClient)) say(lineOfTotals(client, ofClient));
    say(lineOfTotals('all', total));
    const notes = Object.fromEntries(
      clientNames.filter((name) => name in byClient).map((name) => [name, clientOf(name).notes ?? []]),
    );
    for (const [client, some] of Object.entries(notes)) for (const note of some) say(`${client}: ${note}`);
    const { kind, version } = server;
    // Ids are given in the order of the places, and the bytes of a sample follow from its seed: the same command does the same.
    const about = {
      command: 'cuts',
      machine: describeMachine(),
      server: { kind, version },
      arguments: process.argv.slice(2),
      seed: options.seed,
    };
    if (options.json) {
      const printable = summaries.map((summary) => ({ ...summary, violations: summary.violations.map(describe) }));
      process.stdout.write(`${JSON.stringify({ ...about, total, byClient, notes, summaries: printable })}\n`);
    } else process.stdout.write(`${JSON.stringify({ ...about, total, notes }, undefined, 2)}\n`);
    return total.violations + total.unheard === 0;
  } finally {
    await server.destroy();
  }
}

try {
  await runCommandLine({ usage, parse: parseOptions, run: main });
} catch (error) {
  say(`It did not come to its end: ${error instanceof Error ? error.stack : String(error)}`);
  process.exitCode = 2;
}
// What a campaign that failed has left open would keep the process.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit();

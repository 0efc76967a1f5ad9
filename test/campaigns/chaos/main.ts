import { describeMachine, runCommandLine, UsageError } from '../../support/command/command-line.ts';
import type { ChaosReport } from '../guarantees/chaos-section.ts';
import { HistoryFile } from './history-file.ts';
import { type ChaosOptions, parseOptions, usage } from './options.ts';
import { formatTable, leftovers, reportOf } from './report.ts';
import { run } from './run.ts';
import { worlds } from './worlds/worlds.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns whether every promise was kept */
async function main(options: ChaosOptions): Promise<boolean> {
  const { seed, minutes, server, clients, callers, history, json } = options;
  const unheard: string[] = [];
  process.on('unhandledRejection', (error) => unheard.push(String(error)));
  process.on('uncaughtException', (error) => unheard.push(String(error)));
  const startedAt = performance.now();
  const world = await worlds[server].create(clients.length);
  const file = new HistoryFile(history);
  try {
    const faults = world.faults.filter(({ name }) => name.includes(options.fault));
    if (faults.length === 0)
      throw new UsageError(`--fault: none of ${world.faults.map(({ name }) => name).join('; ')}`);
    say(`${world.title}, ${clients.join(' and ')}, ${minutes} min, --seed ${seed}`);
    const onFault = (name = 'peace') =>
      say(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7)} s  ${name}`);
    const result = await run({ world, clients, callers, faults, seed, seconds: minutes * 60, file, onFault });
    const report = reportOf(result);
    const violations = report.violations + unheard.length;
    for (const summary of report.clients) {
      say(formatTable(summary));
      say(formatTable({ client: 'slow reads, by how they were ended', told: summary.slowReads }));
      say(`Reads of all kinds that the operator has ended: ${JSON.stringify(summary.killed)}`);
      for (const violation of summary.violations.slice(0, 20)) say(violation);
      if (summary.violations.length > 20) say(`and ${summary.violations.length - 20} more; --json has them all`);
    }
    for (const left of leftovers(result)) say(left);
    for (const error of unheard) say(`an error that nobody heard: ${error}`);
    say(violations === 0 ? 'No promise was broken.' : `${violations} promises were broken. --seed ${seed}`);
    if (json) {
      const { title } = world;
      const object = {
        command: 'chaos',
        passed: violations === 0,
        seed,
        minutes,
        server: title,
        machine: describeMachine(),
        unheard,
        ...report,
        violations,
      } satisfies ChaosReport & { readonly passed: boolean };
      process.stdout.write(`${JSON.stringify(object)}\n`);
    }
    return violations === 0;
  } finally {
    await world.destroy();
    await file.remove();
  }
}

await runCommandLine({ usage, parse: parseOptions, run: main });

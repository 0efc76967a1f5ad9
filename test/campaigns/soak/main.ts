import { describeMachine, runCommandLine } from '../../support/command/command-line.ts';
import { parseOptions, type SoakOptions, usage } from './options.ts';
import { linesOf, objectOf } from './report.ts';
import { run } from './run.ts';
import { findings } from './verdict.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns whether nothing grew, was left behind or was held up */
async function main(options: SoakOptions): Promise<boolean> {
  const { title, result } = await run(options, say);
  for (const line of linesOf(result)) say(line);
  const found = findings(result);
  for (const finding of found) say(`FAILED: ${finding}`);
  say(found.length === 0 ? 'Nothing grew, and nothing was left.' : `${found.length} findings. --seed ${options.seed}`);
  if (options.json) {
    const { seed, minutes, clients, leaks } = options;
    const about = { command: 'soak', server: title, machine: describeMachine(), seed, minutes, clients, leaks };
    process.stdout.write(`${JSON.stringify({ ...about, ...objectOf(result) })}\n`);
  }
  return found.length === 0;
}

await runCommandLine({ usage, parse: parseOptions, run: main });

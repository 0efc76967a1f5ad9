/**
 * What being wrapped costs while nothing fails: `npm run bench`, or `npm run bench -- --group mysql2 --statement ping --json`.
 *
 * Measures the built package, as it is published.
 */
import { runCommandLine } from '../test/support/command/command-line.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { leftOutLine, textOf } from './report.ts';
import { runBench } from './run.ts';

async function bench(options: BenchOptions): Promise<boolean> {
  const out = options.json ? process.stderr : process.stdout;
  const report = await runBench(options, process.argv.slice(2), {
    onCell: (cell) => out.write(textOf(cell)),
    onLeftOut: (leftOut) => out.write(leftOutLine(leftOut)),
  });
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return true;
}

await runCommandLine({ usage, parse: parseOptions, run: bench });

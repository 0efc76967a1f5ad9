/**
 * What being wrapped costs while nothing fails: `npm run bench`, or `npm run bench -- --group mysql2 --statement ping --json`.
 * With `recovery` for the first word, how soon callers are served again after a fault; with `cost`, what being wrapped costs in
 * instructions and bytes.
 *
 * Measures the built package, as it is published.
 */
import { runCommandLine } from '../test/support/command/command-line.ts';
import { cost } from './cost/command.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { recovery } from './recovery/command.ts';
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

switch (process.argv[2]) {
  case 'recovery':
    await runCommandLine(recovery);
    break;
  case 'cost':
    await runCommandLine(cost);
    break;
  default:
    await runCommandLine({ usage, parse: parseOptions, run: bench });
}

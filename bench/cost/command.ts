import type { Command } from '../../test/support/command/command-line.ts';
import { leftOutLine } from '../report.ts';
import { type CostOptions, parseOptions, usage } from './options.ts';
import { textOf } from './report.ts';
import { runCost } from './run.ts';

/** What being wrapped costs for one call: `npm run bench -- cost`. */
export const cost: Command<CostOptions> = {
  usage,
  // The first word is the command's own name.
  parse: ([, ...args]) => parseOptions(args),
  async run(options) {
    const out = options.json ? process.stderr : process.stdout;
    const report = await runCost(options, process.argv.slice(2), {
      onCounter: ({ how }) => out.write(`counted by ${how}\n\n`),
      onCell: (cell) => out.write(textOf(cell)),
      onLeftOut: (leftOut) => out.write(leftOutLine(leftOut)),
    });
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return true;
  },
};

import type { Command } from '../../test/support/command/command-line.ts';
import { leftOutLine } from '../report.ts';
import { parseOptions, type RecoveryOptions, usage } from './options.ts';
import { textOf } from './report.ts';
import { runRecovery } from './run.ts';

/** How soon callers are served again: `npm run bench -- recovery`. */
export const recovery: Command<RecoveryOptions> = {
  usage,
  // The first word is the command's own name.
  parse: ([, ...args]) => parseOptions(args),
  async run(options) {
    const out = options.json ? process.stderr : process.stdout;
    const report = await runRecovery(options, process.argv.slice(2), {
      onCell: (cell) => out.write(textOf(cell, options)),
      onLeftOut: (leftOut) => out.write(leftOutLine(leftOut)),
    });
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return true;
  },
};

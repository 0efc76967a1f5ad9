import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommandLine, UsageError } from '../support/command-line.ts';
import { type ChaosReport, chaosSection } from './chaos-section.ts';
import { withSection } from './section.ts';

const page = fileURLToPath(new URL('../../docs/guarantees.md', import.meta.url));

const usage = `Usage: npm run guarantees -- FILE...

Writes the tables of docs/guarantees.md from what commands have printed with --json, one file for each run.
`;

async function main(files: readonly string[]): Promise<boolean> {
  const reports = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as ChaosReport));
  let text = await readFile(page, 'utf8');
  const chaos = reports.filter(({ command }) => command === 'chaos');
  if (chaos.length > 0) text = withSection(text, chaosSection(chaos));
  await writeFile(page, text);
  return true;
}

function parse(args: readonly string[]): readonly string[] | 'help' {
  if (args.includes('--help')) return 'help';
  if (args.length === 0) throw new UsageError('expected the names of files');
  return args;
}

await runCommandLine({ usage, parse, run: main });

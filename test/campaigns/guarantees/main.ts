import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseFlags, runCommandLine, UsageError } from '../../support/command/command-line.ts';
import type { ServersReport } from '../servers/report.ts';
import { type ChaosReport, chaosSection } from './chaos-section.ts';
import { type CutsReport, cutsSection } from './cuts-section.ts';
import { withSection } from './section.ts';
import { serversSection } from './servers-section.ts';

type Report = ChaosReport | CutsReport | ServersReport;

const page = fileURLToPath(new URL('../../../docs/guarantees.md', import.meta.url));

const usage = `Usage: npm run guarantees -- FILE...

Writes the tables of docs/guarantees.md from what commands have printed with --json, one file for each run.
`;

async function main(files: readonly string[]): Promise<boolean> {
  const reports = await Promise.all(files.map(readReport));
  const of = <C extends Report['command']>(wanted: C) =>
    reports.filter((report): report is Extract<Report, { command: C }> => report.command === wanted);
  const [chaos, cuts, servers] = [of('chaos'), of('cuts'), of('servers')];
  let text = await readFile(page, 'utf8');
  if (chaos.length > 0) text = withSection(text, chaosSection(chaos));
  if (cuts.length > 0) text = withSection(text, cutsSection(cuts));
  if (servers.length > 0) text = withSection(text, serversSection(servers));
  text = withSection(text, { name: 'machine', markdown: machinesOf(reports) });
  await writeFile(page, text);
  return true;
}

/** What npm says on standard output before it begins is passed over. */
async function readReport(file: string): Promise<Report> {
  const [report] = /^\{.*/ms.exec(await readFile(file, 'utf8')) ?? [];
  try {
    return JSON.parse(report ?? '') as Report;
  } catch (cause) {
    throw new UsageError(`expected what a command has printed with --json in ${file}`, { cause });
  }
}

/** What all of it was counted on. */
function machinesOf(reports: readonly Report[]): string {
  const machines = [...new Set(reports.map(({ machine }) => machine))];
  return `Counted on: ${machines.join('; ')}.`;
}

function parse(args: readonly string[]): readonly string[] | 'help' {
  const isOption = (argument: string) => argument.startsWith('-');
  if (parseFlags(args.filter(isOption), {}).help === true) return 'help';
  const files = args.filter((argument) => !isOption(argument));
  if (files.length === 0) throw new UsageError('expected the names of files');
  return files;
}

await runCommandLine({ usage, parse, run: main });

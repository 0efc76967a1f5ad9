/** Writes docs/performance.md and its chart from what `npm run bench -- --json` has printed. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withSection } from '../../test/campaigns/guarantees/section.ts';
import { parseFlags, runCommandLine, UsageError } from '../../test/support/command/command-line.ts';
import { drawChart } from './chart.ts';
import { costSection } from './cost-section.ts';
import { measuredSection } from './measured.ts';
import { expectSameGround, readReport } from './read-report.ts';
import { drawRecoveryChart } from './recovery-chart.ts';
import { faultCellsOf, recoverySection } from './recovery-section.ts';
import { cellsOf, tablesSection } from './tables.ts';

const defaultFolder = fileURLToPath(new URL('../../docs/', import.meta.url));

const usage = `Usage: npm run performance -- [options] FILE...

Writes the tables and the charts of docs/performance.md from what npm run bench, npm run bench -- recovery, or npm run bench -- cost
has printed with --json, one file for each run. What no file is about stays as it is. Where two runs measured the same, the later file
counts. Without the page it makes one; of one that there is, it changes its own sections only.

Options:
  --into FOLDER  another folder than docs
  --help         this text
`;

interface PerformanceOptions {
  readonly files: readonly string[];
  readonly folder: string;
}

async function writePage({ files, folder }: PerformanceOptions): Promise<boolean> {
  const reports = await Promise.all(files.map(async (file) => readReport(await textOf(file), file)));
  expectSameGround(reports);
  const page = `${folder}/performance.md`;
  const before = await readFile(page, 'utf8').catch(() => readFile(new URL('./page.md', import.meta.url), 'utf8'));
  const bench = reports.filter((report) => report.command === 'bench');
  const cost = reports.filter((report) => report.command === 'cost');
  const recovery = reports.filter((report) => report.command === 'recovery');
  const sections = [
    ...(bench.length > 0 ? [measuredSection(bench), tablesSection(bench)] : []),
    ...(cost.length > 0 ? [costSection(cost)] : []),
    ...(recovery.length > 0 ? [recoverySection(recovery)] : []),
  ];
  await writeFile(page, sections.reduce(withSection, before));
  if (bench.length > 0) await writeFile(`${folder}/performance.svg`, drawChart(cellsOf(bench)));
  if (recovery.length > 0) await writeFile(`${folder}/recovery.svg`, drawRecoveryChart(faultCellsOf(recovery)));
  return true;
}

/** @throws UsageError */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read`, { cause });
  }
}

function parse(args: readonly string[]): PerformanceOptions | 'help' {
  const own = args.indexOf('--into');
  const folder = own < 0 ? defaultFolder : args[own + 1];
  if (folder === undefined) throw new UsageError('--into: expected a folder');
  const others = own < 0 ? args : args.toSpliced(own, 2);
  const isOption = (argument: string) => argument.startsWith('-');
  if (parseFlags(others.filter(isOption), {}).help === true) return 'help';
  const files = others.filter((argument) => !isOption(argument));
  if (files.length === 0) throw new UsageError('expected the names of files');
  return { files, folder };
}

await runCommandLine({ usage, parse, run: writePage });

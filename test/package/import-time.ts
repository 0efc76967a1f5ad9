import { runCommand } from '../support/command/run-command.ts';

const repeats = 9;

/**
 * How long a program waits for an entry of the package whose peers it has loaded already: the median of some processes, in milliseconds. For people to
 * read, and no limit: the machine may be busy.
 *
 * @param entry as in `exports` of package.json
 * @param imports what it imports of others
 * @param folder where the package is installed
 */
export async function measureImport(entry: string, imports: readonly string[], folder: string): Promise<number> {
  const program = `
    for (const one of ${JSON.stringify(imports)}) await import(one);
    const begun = performance.now();
    await import(${JSON.stringify(entry.replace('.', 'gone-away'))});
    process.stdout.write(String(performance.now() - begun));
  `;
  const times: number[] = [];
  for (let n = 0; n < repeats; n += 1) {
    times.push(Number(await runCommand(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder })));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(repeats / 2)] ?? Number.NaN;
}

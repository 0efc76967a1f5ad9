import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../../test/support/command/run-command.ts';
import { guard, release } from '../../test/support/server/watchdog.ts';
import { instructionsIn, numberedFrom } from './callgrind-file.ts';
import { Child } from './child.ts';
import type { CountedChild, Counter } from './counter.ts';
import { childMs, nodeFlags } from './plan.ts';
import type { Subject, Windows } from './requests.ts';

/** Code that V8 compiles is not in a file, and may be another one in the same place. */
const jit = '--smc-check=all-non-file';

/** Undefined where there is none, or none that runs this Node.js. */
export async function valgrindVersion(): Promise<string | undefined> {
  try {
    await runCommand('vgdb', ['--help']);
    await runCommand('valgrind', ['--tool=none', jit, '-q', process.execPath, '-e', '0']);
    return (await runCommand('valgrind', ['--version'])).trim();
  } catch {
    return undefined;
  }
}

export function valgrindCounter(version: string): Counter {
  const how = `callgrind (${version}, instructions in user space)`;
  // Instructions do not mind who else is at work.
  const lanes = Math.min(4, availableParallelism());
  return { unit: 'instructions', how, factor: 1, lanes, begin: ValgrindChild.begin };
}

/**
 * Of valgrind's tools callgrind is the one that says how many instructions there were between two places of a program. It counts nothing
 * before it is told to: loading and warming up take a third of the time then.
 */
class ValgrindChild implements CountedChild {
  readonly #folder: string;
  readonly #child: Child;
  #counting: 'on' | 'off' = 'off';
  #files = 0;

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    const counting = ['--tool=callgrind', '--instr-atstart=no', '--dump-before=getpriority'];
    const files = [`--callgrind-out-file=${join(folder, 'counts')}`, `--log-file=${join(folder, 'log')}`];
    const node = [process.execPath, ...nodeFlags, program];
    this.#child = new Child(['valgrind', jit, ...counting, ...files, this.#pipes, ...node]);
    guard(folder, this.#child.pid);
  }

  static async begin(this: void, program: string): Promise<ValgrindChild> {
    return new ValgrindChild(await mkdtemp(join(tmpdir(), 'gone-away-cost-')), program);
  }

  open(subject: Subject): Promise<void> {
    return this.#child.open(subject);
  }

  async rehearse(windows: Windows): Promise<void> {
    await this.#count('off');
    await this.#child.work(windows);
  }

  async work(windows: Windows): Promise<readonly number[]> {
    await this.#count('on');
    await this.#child.work(windows);
    const names = numberedFrom(await readdir(this.#folder), 'counts', this.#files + 1);
    const texts = await Promise.all(names.map((name) => readFile(join(this.#folder, name), 'utf8')));
    this.#files += names.length;
    // The first one has what came before the first mark.
    const [, ...counts] = texts.map(instructionsIn);
    if (counts.length !== windows.windows) throw new Error(`expected ${windows.windows} counts, got ${counts.length}`);
    return counts;
  }

  async close(): Promise<void> {
    await this.#child.close();
    await rm(this.#folder, { recursive: true, force: true });
    release(this.#folder);
  }

  get #pipes(): string {
    return `--vgdb-prefix=${join(this.#folder, 'vgdb')}`;
  }

  /** The process is at work, and hears it: it needs not be stopped for that, which not everybody may do. */
  async #count(counting: 'on' | 'off'): Promise<void> {
    if (counting === this.#counting) return;
    const where = [`--pid=${this.#child.pid}`, this.#pipes, '--max-invoke-ms=0'];
    try {
      await promisify(execFile)('vgdb', [...where, 'instrumentation', counting], { timeout: childMs });
      this.#counting = counting;
    } catch (cause) {
      throw this.#child.explain(cause);
    }
  }
}

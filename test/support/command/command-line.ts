import { cpus, totalmem } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/**
 * The values of a command's options, and `help`, which every command has.
 *
 * @throws UsageError for an option that there is not, or that has no value
 */
export function parseFlags<T extends Options>(
  args: readonly string[],
  options: T,
): Values<T & { help: { type: 'boolean' } }> {
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean' } } }).values as never;
  } catch (error) {
    // Node's own message names the option; what follows its first sentence is advice on quoting.
    throw new UsageError(error instanceof Error ? error.message.replace(/\.?(\n|\. ).*$/s, '') : String(error));
  }
}

/** @throws UsageError */
export function oneOf<T extends string>(option: string, value: string, expected: readonly T[]): T {
  const found = expected.find((name) => name === value);
  if (found === undefined) throw new UsageError(`${option}: expected one of ${expected.join(', ')}, got ${value}`);
  return found;
}

/**
 * What stands between commas, each of it once.
 *
 * @throws UsageError where nothing does
 */
export function listOf(option: string, text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new UsageError(`${option}: expected names with commas between them, got ${text}`);
  return [...new Set(items)];
}

/** @throws UsageError */
export function numberBetween(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new UsageError(`${option}: expected a number from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

/** @throws UsageError */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new UsageError(`${option}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

export interface Command<T> {
  /** What `--help` prints, and what follows an error of the command line. */
  readonly usage: string;
  /** @throws UsageError */
  parse(args: readonly string[]): T | 'help';
  /** @returns whether all is well */
  run(options: T): Promise<boolean>;
}

/** Runs a command of this process. Exit code: 0 if all is well, 1 if not, 2 for a wrong option. */
export async function runCommandLine<T>({ usage, parse, run }: Command<T>): Promise<void> {
  try {
    const options = parse(process.argv.slice(2));
    if (options === 'help') process.stdout.write(usage);
    else process.exitCode = (await run(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}. See --help.\n`);
    process.exitCode = 2;
  }
}

/** What a figure was measured on. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpu?.model.trim() ?? 'an unknown CPU'}, ${gigabytes} GB, Node.js ${process.versions.node}`;
}

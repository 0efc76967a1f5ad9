import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { vi } from 'vitest';
import type { ChannelName, ResilienceOptions } from '../../../src/index.ts';
import { printWithLoggers } from '../print-with-loggers.ts';

const channels = [
  'gone-away:retry',
  'gone-away:retries-exhausted',
  'gone-away:outcome-unknown',
  'gone-away:evict',
  'gone-away:server-down',
  'gone-away:server-up',
  'gone-away:server-refuses',
  'gone-away:server-accepts',
  'gone-away:session-killed',
  'gone-away:commit-settled',
] as const satisfies readonly ChannelName[];

type EveryChannel = ChannelName extends (typeof channels)[number] ? true : never;
const complete: EveryChannel = true;

export interface Recording {
  /** To be given to whatever is recorded: its hooks write down what they get. */
  readonly hooks: ResilienceOptions;
  /** Everything that left through a hook, a channel, the console or a process warning, as text. */
  text(): string;
  /** How often something came through each channel. */
  readonly counts: Readonly<Record<string, number>>;
  stop(): void;
}

/** Writes down everything that leaves this package beside its errors and results. */
export function recordEverything(): Recording {
  if (!complete) throw new Error('a channel is missing');
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  const note = (value: unknown) => lines.push(everythingOf(value));
  const listener = (event: unknown, name: string | symbol) => {
    counts[String(name)] = (counts[String(name)] ?? 0) + 1;
    note(event);
  };
  for (const name of channels) subscribe(name, listener);
  const stops: (() => void)[] = channels.map((name) => () => unsubscribe(name, listener));
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = ((...values: Parameters<typeof write>) => {
      note(values[0]);
      return write.apply(stream, values);
    }) as typeof write;
    stops.push(() => {
      stream.write = write;
    });
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      for (const value of values) note(value);
    });
    stops.push(() => spy.mockRestore());
  }
  process.on('warning', note);
  stops.push(() => process.off('warning', note));
  return {
    hooks: { onRetry: note, onRetriesExhausted: note, onEvict: note },
    text: () => lines.join('\n'),
    counts,
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

/** A value in every way in which it may come into a log: printed with and without its own say, as JSON, as a string, with its stack. */
export function everythingOf(value: unknown): string {
  const views = [
    inspect(value, { depth: 20, maxArrayLength: null, maxStringLength: null }),
    // As Node.js prints an error that ends the process.
    inspect(value, { depth: 20, customInspect: false }),
    JSON.stringify(value),
    JSON.stringify(typeof value === 'object' && value !== null ? { ...value } : value),
    String(value),
    value instanceof Error ? value.stack : '',
    ...printWithLoggers(value),
  ];
  return views.join('\n');
}

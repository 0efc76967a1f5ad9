import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { pino, stdSerializers } from 'pino';
import { createLogger, format, transports } from 'winston';

const lines: string[] = [];
const note = (line: unknown) => void lines.push(String(line));

/** The loggers that people use, as they are set up to print causes. */
const loggers: readonly ((value: unknown) => unknown)[] = [
  (value) => pino({}, { write: note }).error(value),
  (value) => pino({ serializers: { err: stdSerializers.errWithCause } }, { write: note }).error({ err: value }),
  (value) =>
    pino({ nestedKey: 'payload', formatters: { log: (object) => ({ ...object }) } }, { write: note }).error(value),
  (value) => winston(format.json()).error(value as never),
  (value) => winston(format.prettyPrint({ depth: 20 })).error(value as never),
  (value) => winston(format.json()).error('failed', { error: value }),
  // As people do it by hand, with all causes.
  (value) => printCauses(value),
];

/** Everything that loggers make of an error, or of anything else. */
export function printWithLoggers(value: unknown): readonly string[] {
  lines.length = 0;
  for (const log of loggers) log(value);
  return [...lines];
}

function winston(last: ReturnType<typeof format.json>) {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      note(chunk);
      done();
    },
  });
  return createLogger({
    format: format.combine(format.errors({ stack: true, cause: true }), last),
    transports: [new transports.Stream({ stream })],
  });
}

function printCauses(value: unknown): void {
  const { cause, errors } = (typeof value === 'object' && value !== null ? value : {}) as Partial<AggregateError>;
  for (const inner of [cause, ...(errors ?? [])]) {
    if (inner === undefined) continue;
    note(inspect(inner, { depth: 20, maxStringLength: null }));
    note(JSON.stringify(inner));
    printCauses((inner as Error).cause);
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { Connection } from 'mysql2';
import type { TracedStatement, Tracer } from './tracer.ts';

interface Command {
  readonly sql?: string;
  readonly constructor: { readonly name: string };
  onResult?(error: unknown, ...results: unknown[]): void;
}

interface Queue {
  readonly config: { readonly port: number };
  addCommand(command: Command): unknown;
}

/** Patches what puts a command into the queue of a connection, and tells statements by the name of their class: as Datadog's tracer does. */
export function startQueueTracer(): Tracer {
  const request = new AsyncLocalStorage<true>();
  const statements: TracedStatement[] = [];
  let begun = 0;
  const queues = Object.getPrototypeOf(Connection.prototype) as Queue;
  const { addCommand } = queues;
  queues.addCommand = function (command) {
    if (['Query', 'Execute'].includes(command.constructor.name)) {
      const { onResult } = command;
      const place = begun;
      begun += 1;
      const isInRequest = request.getStore() === true;
      command.onResult = (error, ...results) => {
        statements[place] = {
          sql: String(command.sql),
          port: this.config.port,
          isInRequest,
          hasFailed: Boolean(error),
        };
        onResult?.call(command, error, ...results);
      };
    }
    return addCommand.call(this, command);
  };
  return {
    inRequest: (work) => request.run(true, work),
    statements: () => statements.filter((statement) => statement !== undefined),
    stop() {
      queues.addCommand = addCommand;
    },
  };
}

import type { EventEmitter } from 'node:events';
import type { Connection } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import type { ConnectionInternals } from './internals.ts';

/**
 * The commands of a connection whose rows somebody reads from their events, or from their stream. That the connection was lost, mysql2 tells to callbacks alone; readers would
 * wait for ever.
 */
export class Readers {
  readonly #commands = new Set<DriverCommand>();

  /** A command is about to be queued or begun. */
  add(command: DriverCommand): void {
    if (typeof command.onResult === 'function') return;
    this.#commands.add(command);
    command.on('end', () => this.#commands.delete(command));
  }

  /**
   * What has come before, and is read slowly, is still handed out first.
   *
   * @param errorFor what this command has failed with
   */
  tell(connection: Connection, errorFor: (command: DriverCommand) => unknown): void {
    if (this.#commands.size === 0) return;
    const internals = connection as unknown as ConnectionInternals;
    if (internals._paused !== true) {
      for (const command of this.#commands) tell(command, errorFor(command));
      return;
    }
    const resume = connection.resume.bind(connection);
    connection.resume = () => {
      resume();
      timers.setImmediate(() => this.tell(connection, errorFor));
    };
  }
}

/**
 * A command came to a connection that had ended. mysql2 tells the connection alone, and whoever reads the rows of that command would wait for ever.
 *
 * @param error what the connection was lost with; undefined where nothing was under way
 */
export function tellLateReader(command: DriverCommand, error: unknown): void {
  // Its stream, or its listeners, are made when it is handed out.
  timers.nextTick(() => tell(command, error ?? closedState()));
}

/** In mysql2's words. */
function closedState(): Error {
  return Object.assign(new Error("Can't add new command when connection is in closed state"), { fatal: true });
}

/** As mysql2 tells the error of a server; without a listener Node.js would end the process, where mysql2 says nothing. */
function tell(command: DriverCommand, error: unknown): void {
  const emitter = command as unknown as EventEmitter;
  if (emitter.listenerCount('error') === 0) return;
  emitter.emit('error', error);
  emitter.emit('end');
}

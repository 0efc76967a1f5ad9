import type { Connection } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import type { DriverCommand } from './command.ts';
import { bytesRead } from './connection.ts';
import type { ConnectionInternals } from './internals.ts';

/** How much more of one result is taken into memory for a command that waits behind it: rows, and bytes. */
const mostRows = 65_536;
const mostBytes = 16 * 1024 * 1024;

/**
 * The pauses of mysql2's streams. A stream pauses its connection while its reader has not taken what it holds. Where that reader waits for another command of the same
 * connection, neither would ever go on. Nobody can tell such a reader from a slow one, so nothing is refused: the rows are read on, up to a limit, so that the command
 * comes to its turn. Beyond the limit the connection stays paused, as a bare one.
 */
export class StreamPauses {
  readonly #connection: Connection;
  /** The stream that has paused the connection. */
  #pausing: PausingStream | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** A command is about to be queued or begun. */
  add(command: DriverCommand): void {
    // It is not in the queue yet.
    if (this.#pausing !== undefined) timers.nextTick(() => this.#pausing?.readOn());
    if (typeof command.onResult === 'function') return;
    const stream = new PausingStream(this.#connection, (pausing) => {
      this.#pausing = pausing;
    });
    // Of a command of mysql2, only its stream uses this. A user's own `connection.pause()` is another matter, and stays as it is.
    Object.defineProperty(command, '_connection', { get: () => stream, set: () => {}, configurable: true });
  }
}

/** What a stream takes for its connection. */
class PausingStream {
  readonly #connection: Connection;
  readonly #onPause: (pausing: PausingStream | undefined) => void;
  #rows = 0;
  #bytesBefore: number | undefined;

  constructor(connection: Connection, onPause: (pausing: PausingStream | undefined) => void) {
    this.#connection = connection;
    this.#onPause = onPause;
  }

  /** The stream is full, after each row that it gets then. */
  pause(): void {
    if (this.#mayReadOn()) {
      this.#rows += 1;
      return;
    }
    this.#onPause(this);
    this.#connection.pause();
  }

  resume(): void {
    this.#onPause(undefined);
    this.#connection.resume();
  }

  readOn(): void {
    if (this.#mayReadOn()) this.resume();
  }

  /** Something waits behind the rows, and not too many of them were taken for that. */
  #mayReadOn(): boolean {
    const { _commands } = this.#connection as unknown as ConnectionInternals;
    if ((_commands?.length ?? 0) === 0 || this.#rows >= mostRows) return false;
    const bytes = bytesRead(this.#connection);
    this.#bytesBefore ??= bytes;
    return bytes - this.#bytesBefore < mostBytes;
  }
}

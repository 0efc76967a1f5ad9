import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { Connection, type Pool } from 'mysql2';
import type { PoolInternals } from './internals.ts';

/** What mysql2's `query()` returns: the command itself, whose rows are read from its events or as a stream. */
export interface QueryCommand extends EventEmitter {
  sql: string;
  readonly values: unknown;
  /** The connection that sends it: its stream pauses that. */
  _connection: object | null;
  stream(options?: object): Readable;
}

type CreateQuery = (sql: unknown, values: unknown, callback: undefined, config: object) => QueryCommand;

/** Says which connection sends it now, so that a stream that is read slowly pauses that; undefined: none any more. */
export function noteConnection(command: QueryCommand, connection: object | undefined): void {
  command._connection = connection ?? null;
}

/** A command as the pool's own `query()` would return it. It is not sent: what is, tells it of everything. */
export function createQueryCommand(pool: Pool, sql: unknown, values: unknown): QueryCommand {
  const create = (Connection as unknown as { createQuery: CreateQuery }).createQuery;
  const command = create(sql, values, undefined, (pool as unknown as PoolInternals).config?.connectionConfig ?? {});
  const { sql: text } = command;
  // As it goes over the wire: mysql2 puts the values in when it sends it.
  let sent: string | undefined;
  Object.defineProperty(command, 'sql', {
    get: () => {
      sent ??= Array.isArray(command.values) ? pool.format(text, command.values) : text;
      return sent;
    },
    set: (given: string) => {
      sent = given;
    },
    enumerable: true,
    configurable: true,
  });
  return command;
}

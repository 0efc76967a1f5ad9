import type { Connection } from 'mysql2';

/** A command of each kind, as this version of mysql2 makes them; without anything in it where it does not. */
export type SampleCommands = Readonly<
  Record<'Query' | 'Prepare' | 'Ping' | 'ResetConnection' | 'ChangeUser', SampleCommand>
>;

type SampleCommand = Readonly<Record<string, unknown>>;

export const sampleText = 'SELECT 1';

/** Has mysql2 make commands for a connection that only keeps them. Nothing is sent. */
export function sampleCommands(connection: Connection): SampleCommands {
  const nothing = () => {};
  const made: SampleCommand[] = [];
  const keeping = Object.create(connection, {
    addCommand: { value: (command: SampleCommand) => made.push(command) },
  }) as Connection;
  const make = (begin: () => unknown): SampleCommand => {
    made.length = 0;
    try {
      const returned = begin();
      return made[0] ?? (typeof returned === 'object' && returned !== null ? (returned as SampleCommand) : {});
    } catch {
      return {};
    }
  };
  const { createQuery } = connection.constructor as unknown as { createQuery?: (...values: unknown[]) => unknown };
  return {
    // Not by query(), which tells those who trace it of a statement.
    Query: make(() => createQuery?.call(connection.constructor, sampleText, undefined, nothing, connection.config)),
    Prepare: make(() => keeping.prepare(sampleText, nothing)),
    Ping: make(() => keeping.ping(nothing)),
    ResetConnection: make(() => (keeping as unknown as { reset(done: () => void): unknown }).reset(nothing)),
    ChangeUser: make(() => keeping.changeUser({}, nothing)),
  };
}

/** Whether mysql2 marks a connection that this side closes. Asked of one that has nothing in it but the methods of this one. */
export function marksItsEnd(connection: Connection): boolean {
  const empty = Object.create(Object.getPrototypeOf(connection) as object) as Pick<Connection, 'destroy'> & {
    stream: unknown;
    readonly _closing?: unknown;
  };
  empty.stream = { end: () => {}, destroy: () => {} };
  try {
    empty.destroy();
  } catch {
    // Then it may still have come as far as that.
  }
  return empty._closing === true;
}

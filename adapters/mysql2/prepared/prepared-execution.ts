import type { TypedParameterValue } from 'mysql2';
import type { DriverCommand } from '../driver/command.ts';
import { headerLength } from '../driver/packets.ts';
import { executePacket, isUtf8 } from './execute-packet.ts';
import type { ParameterHint } from './parameter-bytes.ts';

interface Execution {
  readonly _executeOptions?: { readonly attributes?: unknown };
  readonly parameters?: unknown;
  readonly statement?: { readonly id?: unknown; readonly parameters?: unknown };
  readonly timeout?: unknown;
  options?: object;
  _connection?: unknown;
  buildParserFromFields?: (fields: unknown, connection: { config: object }) => unknown;
  resultsetHeader?: unknown;
  start?: (packet: unknown, connection: ExecutingConnection) => unknown;
}

interface ExecutingConnection {
  readonly config: { readonly clientFlags?: unknown; readonly charsetNumber?: unknown };
  readonly serverCapabilityFlags?: unknown;
  writePacket?(packet: OutgoingPacket): void;
}

/** As much of mysql2's packet as `writePacket` needs. */
class OutgoingPacket {
  readonly buffer: Buffer;

  /** @param buffer with room for the header */
  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  length(): number {
    return this.buffer.length;
  }

  writeHeader(sequenceId: number): void {
    this.buffer.writeUIntLE(this.buffer.length - headerLength, 0, 3);
    this.buffer[3] = sequenceId;
  }
}

/** By what the rows of one statement are read: mysql2 compiles a parser from the options of the statement and of its connection. */
export interface RowOptions {
  readonly statement: object;
  readonly connection: object;
}

/** A prepared statement that is about to be queued: PREPARE, if it is needed, goes before it. */
export interface PreparedExecution {
  readonly options: object;
  /**
   * Has its rows read by these options, and by no others of the statement or the connection; and its packet made by
   * {@link executePacket}, where that makes what mysql2 would make: mysql2 puts all options of the connection together for each call.
   *
   * @param started is called before EXECUTE is sent, and not where PREPARE was refused
   * @returns whether this version of mysql2 lets `started` be called
   */
  runBy(rows: RowOptions, started: () => void): boolean;
}

/** Undefined for other commands, and where this version of mysql2 has other internals. */
export function executionOf(command: DriverCommand & Execution): PreparedExecution | undefined {
  const { buildParserFromFields, resultsetHeader, start, _executeOptions: options } = command;
  if (options === undefined || buildParserFromFields === undefined) return undefined;
  return {
    options,
    runBy: (rows, started) => {
      command.buildParserFromFields = (fields) => {
        command.options = rows.statement;
        return buildParserFromFields.call(command, fields, { config: rows.connection });
      };
      if (typeof start !== 'function') return false;
      command.start = (packet, connection) => {
        started();
        if (typeof resultsetHeader !== 'function') return start.call(command, packet, connection);
        const buffer = encode(command, connection);
        if (buffer === undefined) return start.call(command, packet, connection);
        command._connection = connection;
        command.options = rows.statement;
        connection.writePacket?.(new OutgoingPacket(buffer));
        return resultsetHeader;
      };
      return true;
    },
  };
}

/** CLIENT_QUERY_ATTRIBUTES */
const queryAttributesFlag = 0x8_00_00_00;

function encode(
  { _executeOptions: options, parameters, statement, timeout }: Execution,
  { config: { charsetNumber, clientFlags }, serverCapabilityFlags, writePacket }: ExecutingConnection,
): Buffer | undefined {
  if (typeof statement?.id !== 'number' || !Array.isArray(statement.parameters)) return undefined;
  if (!Array.isArray(parameters) || typeof writePacket !== 'function') return undefined;
  if (timeout !== undefined || options?.attributes !== undefined) return undefined;
  if (typeof clientFlags !== 'number' || typeof serverCapabilityFlags !== 'number') return undefined;
  if (typeof charsetNumber !== 'number' || !isUtf8(charsetNumber)) return undefined;
  const queryAttributes = (clientFlags & serverCapabilityFlags & queryAttributesFlag) !== 0;
  return executePacket(statement.id, parameters, statement.parameters as readonly ParameterHint[], { queryAttributes });
}

type TypedParameterClass = new (type: number, value: unknown, unsigned: boolean) => TypedParameterValue;

/**
 * Makes a typed parameter of a value that is known to fit. mysql2's own functions prove it, with several BigInts for each integer.
 *
 * @param sample any typed parameter; its class is not exported
 * @returns undefined where this version of mysql2 makes them differently
 */
export function typedParameterMaker(
  sample: TypedParameterValue,
): ((type: number, value: unknown, unsigned: boolean) => TypedParameterValue) | undefined {
  const Class = sample.constructor as TypedParameterClass;
  try {
    const { type, value, unsigned } = new Class(8, 7n, true);
    if (type !== 8 || value !== 7n || unsigned !== true) return undefined;
    return (ofType, ofValue, isUnsigned) => new Class(ofType, ofValue, isUnsigned);
  } catch {
    return undefined;
  }
}

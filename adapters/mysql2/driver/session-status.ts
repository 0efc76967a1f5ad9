/** What the server says of the session at the end of a result. Source: MySQL, "Protocol basics", status flags and session tracking. */
export interface SessionStatus {
  /** SERVER_STATUS_IN_TRANS */
  readonly inTransaction: boolean;
  /** SERVER_STATUS_AUTOCOMMIT */
  readonly autocommit: boolean;
  /** SERVER_STATUS_IN_TRANS_READONLY */
  readonly readOnly: boolean;
  /** SERVER_MORE_RESULTS_EXISTS: the same command has another result. */
  readonly hasMoreResults: boolean;
  /** The result had rows, even if none: it was ended by an EOF packet. */
  readonly hasRows: boolean;
  /** The database that was changed to ('' for none), where the server tracks that. */
  readonly schema: string | undefined;
}

/** SERVER_SESSION_STATE_CHANGED: what has changed stands at the end of the packet. */
const sessionStateChanged = 0x40_00;

/** SESSION_TRACK_SCHEMA */
const schemaTracked = 1;

/** Reads an EOF packet from its first byte on. Undefined where the packet is too short for one. */
export function readEof(buffer: Buffer, offset: number, end: number): SessionStatus | undefined {
  return offset + 5 > end ? undefined : statusOf(buffer.readUInt16LE(offset + 3), true, undefined);
}

/** Reads an OK packet from its first byte on. Undefined where the packet is too short for one. */
export function readOk(buffer: Buffer, offset: number, end: number): SessionStatus | undefined {
  const afterRows = skipInteger(buffer, offset + 1);
  const at = skipInteger(buffer, afterRows);
  if (at + 2 > end) return undefined;
  const flags = buffer.readUInt16LE(at);
  const schema = (flags & sessionStateChanged) === 0 ? undefined : readSchema(buffer, at + 4, end);
  return statusOf(flags, false, schema);
}

function statusOf(flags: number, hasRows: boolean, schema: string | undefined): SessionStatus {
  return {
    inTransaction: (flags & 1) !== 0,
    autocommit: (flags & 2) !== 0,
    readOnly: (flags & 0x20_00) !== 0,
    hasMoreResults: (flags & 8) !== 0,
    hasRows,
    schema,
  };
}

/** Behind the flags and the warnings: a text for people, then the changes, each with its type and its length. */
function readSchema(buffer: Buffer, offset: number, end: number): string | undefined {
  let schema: string | undefined;
  let at = skipInteger(buffer, skipString(buffer, offset));
  while (at < end) {
    const type = buffer[at];
    const data = skipInteger(buffer, at + 1);
    if (type === schemaTracked) {
      const name = skipInteger(buffer, data);
      schema = buffer.toString('utf8', name, Math.min(name + readInteger(buffer, data), end));
    }
    at = data + readInteger(buffer, at + 1);
  }
  return schema;
}

/** Where the integer that begins here ends: a first byte up to 0xfa is the integer itself. */
function skipInteger(buffer: Buffer, offset: number): number {
  switch (buffer[offset]) {
    case 0xfc:
      return offset + 3;
    case 0xfd:
      return offset + 4;
    case 0xfe:
      return offset + 9;
    default:
      return offset + 1;
  }
}

function skipString(buffer: Buffer, offset: number): number {
  return skipInteger(buffer, offset) + readInteger(buffer, offset);
}

/** A length. One that does not fit into the packet ends what is read. */
function readInteger(buffer: Buffer, offset: number): number {
  const first = buffer[offset];
  const size = skipInteger(buffer, offset) - offset - 1;
  if (first === undefined || offset + 1 + size > buffer.length) return Number.POSITIVE_INFINITY;
  if (size === 0) return first;
  return size > 6 ? Number(buffer.readBigUInt64LE(offset + 1)) : buffer.readUIntLE(offset + 1, size);
}

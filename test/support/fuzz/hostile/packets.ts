/** The packets of a server, as "Client/Server Protocol" in MySQL's and MariaDB's documentation has them: as little as these tests speak. */

/** A payload with its header. */
export function packet(sequenceId: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequenceId & 0xff;
  return Buffer.concat([header, payload]);
}

/** Payloads as packets with running numbers. */
export function numbered(payloads: readonly Buffer[], first = 1): Buffer[] {
  return payloads.map((payload, index) => packet(first + index, payload));
}

export const scramble = 'abcdefghijklmnopqrst';

/** CLIENT_PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH, CONNECT_WITH_DB, LONG_PASSWORD and the like; no TLS, no compression. */
const capabilities = 0x00_0a_a2_0f;

export function greeting(threadId: number): Buffer {
  const parts = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10);
  parts.writeUInt32LE(threadId, 0);
  parts.write(scramble.slice(0, 8), 4, 'latin1');
  parts.writeUInt16LE(capabilities & 0xffff, 13);
  parts[15] = 45;
  parts.writeUInt16LE(2, 16);
  parts.writeUInt16LE(capabilities >>> 16, 18);
  parts[20] = 21;
  return Buffer.concat([
    Buffer.from('\x0a8.0.36\0', 'latin1'),
    parts,
    Buffer.from(`${scramble.slice(8)}\0mysql_native_password\0`, 'latin1'),
  ]);
}

/** SERVER_STATUS_AUTOCOMMIT, SERVER_STATUS_IN_TRANS */
export const status = { autocommit: 2, inTransaction: 3 } as const;

export function ok(serverStatus: number, affectedRows = 0): Buffer {
  return Buffer.from([0, affectedRows, 0, serverStatus, 0, 0, 0]);
}

export function eof(serverStatus: number): Buffer {
  return Buffer.from([0xfe, 0, 0, serverStatus, 0]);
}

/** An ERR packet; message and state are bytes, for they need not be text. */
export function err(errno: number, state: Buffer | string, message: Buffer | string): Buffer {
  const head = Buffer.from([0xff, errno & 0xff, (errno >>> 8) & 0xff, 0x23]);
  return Buffer.concat([head, Buffer.from(state as string), Buffer.from(message as string)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** MYSQL_TYPE_LONG and MYSQL_TYPE_VAR_STRING */
export type ColumnType = 3 | 253;

export function column(name: string, type: ColumnType): Buffer {
  const rest = Buffer.alloc(13);
  rest[0] = 0x0c;
  rest.writeUInt16LE(45, 1);
  rest.writeUInt32LE(255, 3);
  rest[7] = type;
  return Buffer.concat([text('def'), text(''), text(''), text(''), text(name), text(''), rest]);
}

export function textRow(values: readonly (string | number)[]): Buffer {
  return Buffer.concat(values.map((value) => text(String(value))));
}

export function binaryRow(values: readonly (string | number)[]): Buffer {
  const nulls = Buffer.alloc(1 + Math.ceil((values.length + 2) / 8));
  return Buffer.concat([nulls, ...values.map((value) => (typeof value === 'string' ? text(value) : int32(value)))]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
}

/** COM_STMT_PREPARE's answer begins with this. */
export function prepared(statementId: number, columns: number, parameters: number): Buffer {
  const payload = Buffer.alloc(12);
  payload.writeUInt32LE(statementId, 1);
  payload.writeUInt16LE(columns, 5);
  payload.writeUInt16LE(parameters, 7);
  return payload;
}

import type { AnswerShape } from './answer.ts';
import { ByteReader } from './byte-reader.ts';
import type { Agreement } from './handshake.ts';

/** What a client asks for. */
export interface Command {
  readonly kind: 'query' | 'prepare' | 'execute' | 'close' | 'forget' | 'other';
  readonly answer: AnswerShape;
  /** What is behind the first byte. */
  readonly body: Buffer;
}

type Row = readonly [kind: Command['kind'], answer: AnswerShape];

const single: Row = ['other', 'single'];

/** By the first byte. Sources: MySQL, "Command Phase"; MariaDB, "Commands". */
const commands: Readonly<Record<number, Row>> = {
  1: ['other', 'none'], // COM_QUIT
  2: single, // COM_INIT_DB
  3: ['query', 'result'],
  4: ['other', 'rows'], // COM_FIELD_LIST
  5: single, // COM_CREATE_DB
  6: single, // COM_DROP_DB
  7: single, // COM_REFRESH
  8: single, // COM_SHUTDOWN
  9: single, // COM_STATISTICS
  10: ['other', 'result'], // COM_PROCESS_INFO
  12: single, // COM_PROCESS_KILL
  13: single, // COM_DEBUG
  14: single, // COM_PING
  17: ['forget', 'login'], // COM_CHANGE_USER
  18: ['other', 'endless'], // COM_BINLOG_DUMP
  21: single, // COM_REGISTER_SLAVE
  22: ['prepare', 'prepare'],
  23: ['execute', 'result'],
  24: ['other', 'none'], // COM_STMT_SEND_LONG_DATA
  25: ['close', 'none'],
  26: single, // COM_STMT_RESET
  27: single, // COM_SET_OPTION
  28: ['other', 'rows'], // COM_STMT_FETCH
  30: ['other', 'endless'], // COM_BINLOG_DUMP_GTID
  31: ['forget', 'single'], // COM_RESET_CONNECTION
  250: ['execute', 'result'], // COM_STMT_BULK_EXECUTE
};

/** @returns undefined for a command that nobody knows */
export function readCommand(payload: Buffer): Command | undefined {
  const row = commands[payload[0] ?? -1];
  if (row === undefined) return undefined;
  const [kind, answer] = row;
  return { kind, answer, body: payload.subarray(1) };
}

/**
 * The statement of a COM_QUERY.
 *
 * @param body what is behind the first byte
 * @throws RangeError where the attributes in front of it cannot be read
 */
export function textOfQuery(body: Buffer, { queryAttributes }: Agreement): string {
  const reader = new ByteReader(body);
  if (queryAttributes) skipAttributes(reader);
  return reader.rest();
}

/** Their count, the count of sets, and where there are any: which are null, their types and names, their values. */
function skipAttributes(reader: ByteReader): void {
  const count = reader.packedNumber();
  reader.packedNumber();
  if (count === 0) return;
  const nulls = Array.from({ length: (count + 7) >> 3 }, () => reader.number(1));
  if (reader.number(1) !== 1) throw new RangeError('attributes without types');
  const types = Array.from({ length: count }, () => {
    const type = reader.number(2) & 0xff;
    reader.skipText();
    return type;
  });
  for (const [index, type] of types.entries()) {
    if (((nulls[index >> 3] ?? 0) & (1 << (index & 7))) === 0) skipValue(reader, type);
  }
}

/** Of the types whose values are all of one length, that. NULL has none. Source: MySQL, "Binary Protocol Value". */
const lengths: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2 };

/** TIMESTAMP, DATE, TIME, DATETIME: one byte says how many follow. The others are texts. */
const times: readonly number[] = [7, 10, 11, 12];

function skipValue(reader: ByteReader, type: number): void {
  const length = lengths[type];
  if (length !== undefined) reader.skip(length);
  else if (times.includes(type)) reader.skip(reader.number(1));
  else reader.skipText();
}

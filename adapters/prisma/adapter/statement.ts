import { propertyOf } from '../../../src/internal.ts';
import type {
  PreparedCall,
  ResultField,
  StatementMethod,
  StatementResult,
  StatementRoom,
} from '../../mysql2/binding.ts';
import { exactOptions, exactStatement } from '../../mysql2/binding.ts';
import { isServerError, type ServerError } from '../errors/server-error.ts';
import { toParameter, typesOf } from './parameter.ts';
import type { SqlQuery, SqlResultSet } from './prisma-interface.ts';
import { toResultSet } from './result-set.ts';
import { writeStatement } from './statement-text.ts';

/** Sends one statement, however the one who gives this wants it retried. */
export type Send = (method: StatementMethod, sql: object, values: readonly unknown[]) => Promise<StatementResult>;

interface TextField {
  readonly type: string;
  readonly extendedFormat?: string;
  string(encoding?: string): string | null;
}

/** The same for a statement that is sent as text, where only a `typeCast` function is above the pool's options. */
function castText(field: TextField, next: () => unknown): unknown {
  if (field.type === 'NEWDECIMAL' || field.type === 'DECIMAL') return field.string('ascii');
  if (field.type === 'JSON') return field.string('utf8');
  // mysql2 reads the digits one by one, and loses the last of 16.
  if (field.type === 'DOUBLE' || field.type === 'FLOAT') return toNumber(field.string('ascii'));
  return field.extendedFormat === 'json' ? field.string() : next();
}

function toNumber(text: string | null): number | null {
  return text === null ? null : Number(text);
}

/** ER_UNSUPPORTED_PS, and ER_MAX_PREPARED_STMT_COUNT_REACHED: what PREPARE is refused with. */
const [unsupported, noRoom] = [1295, 1461];

/**
 * Sends a query of Prisma's as a prepared statement: its parameters never become SQL, BIGINT and DECIMAL are exact both ways, and FLOAT
 * comes with all its digits. What the server cannot prepare (LOCK TABLES, CREATE TRIGGER, ...), or has no room for, goes as text.
 */
async function sendQuery(query: SqlQuery, send: Send, room: StatementRoom): Promise<StatementResult> {
  const { sql, args, argTypes } = query;
  const values = args.map((value, index) => toParameter(value, argTypes[index] ?? unknownType));
  // MySQL types a prepared statement by the parameters that it had first, and mysql2 keeps one for each text and each value of this option,
  // which only has to be truthy. In a model's query the column gives the type.
  const rowsAsArray = values.length === 0 || argTypes[0]?.dbType !== undefined || typesOf(values);
  const execute = async (): Promise<StatementResult | { readonly refused: ServerError }> => {
    const call: PreparedCall = { room, mayBeExecuted: true };
    try {
      return await send('execute', exactStatement(sql, rowsAsArray, call), values);
    } catch (error) {
      // A procedure that prepares statements fails with the same numbers, after it has done a part of its work.
      if (call.mayBeExecuted || !isServerError(error)) throw error;
      if (error.errno !== unsupported && error.errno !== noRoom) throw error;
      return { refused: error };
    }
  };
  const written = room.isFull ? writeStatement(sql, values) : undefined;
  if (written !== undefined && 'sql' in written) return sendText(written.sql, send);

  const seen = room.timesGivenUp;
  let result = await execute();
  if (!('refused' in result)) return result;
  if (result.refused.errno === noRoom) {
    if (room.makeRoom(seen)) result = await execute();
    if (!('refused' in result)) return result;
    if (result.refused.errno === noRoom) room.noteFull();
  }
  const text = writeStatement(sql, values);
  if ('refused' in text) throw explained(result.refused, text.refused);
  return sendText(text.sql, send);
}

function sendText(sql: string, send: Send): Promise<StatementResult> {
  return send('query', { ...exactOptions, sql, typeCast: castText }, []);
}

/** The error itself, with all that is known of it, in more words. */
function explained(error: ServerError, reason: string): unknown {
  const explanation = `; it was not sent as text instead, because ${reason}`;
  return Object.assign(error, {
    message: `${propertyOf(error, 'message')}${explanation}`,
    sqlMessage: error.sqlMessage + explanation,
  });
}

const unknownType = { scalarType: 'unknown', arity: 'scalar' } as const;

interface Header {
  readonly affectedRows?: number;
  readonly insertId?: number | string | bigint;
  readonly info?: string;
}

/** The rows of a query, and the id of what it inserted. Of the results of a procedure, the first. */
export async function queryRows(query: SqlQuery, send: Send, room: StatementRoom): Promise<SqlResultSet> {
  const [result, fields] = await sendQuery(query, send, room);
  const [first, firstFields] = isMany(fields) ? [(result as unknown[])[0], fields[0]] : [result, fields];
  if (Array.isArray(firstFields)) return toResultSet(first as unknown[][], firstFields as ResultField[]);
  // Ids are generated upwards from 1, and mysql2 reads them as signed: one beyond 2^63 comes out negative.
  const lastInsertId = String(BigInt.asUintN(64, BigInt((first as Header).insertId ?? 0)));
  return { columnNames: [], columnTypes: [], rows: [], lastInsertId };
}

/** How many rows the statement found; 0 for one that answers with rows. */
export async function countRows(query: SqlQuery, send: Send, room: StatementRoom): Promise<number> {
  const [result, fields] = await sendQuery(query, send, room);
  const header = (isMany(fields) ? (result as unknown[]).at(-1) : result) as Header;
  // A pool with the flag -FOUND_ROWS counts only rows that changed; Prisma means the rows that its filter found.
  const matched = /^Rows matched: (\d+)/.exec(header.info ?? '')?.[1];
  return Number(matched ?? header.affectedRows ?? 0);
}

/** Several results in one answer: of each, the fields or nothing. */
function isMany(fields: unknown): fields is readonly unknown[] {
  return (
    Array.isArray(fields) && fields.length > 0 && fields.every((field) => field === undefined || Array.isArray(field))
  );
}

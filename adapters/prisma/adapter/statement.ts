import type { StatementMethod, StatementResult } from '../../mysql2/binding.ts';
import { exactOptions, exactStatement, type ResultField } from '../../mysql2/binding.ts';
import { isServerError } from '../errors/server-error.ts';
import { toParameter, typesOf } from './parameter.ts';
import type { SqlQuery, SqlResultSet } from './prisma-interface.ts';
import { toResultSet } from './result-set.ts';

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
  return field.extendedFormat === 'json' ? field.string() : next();
}

/** ER_UNSUPPORTED_PS, ER_MAX_PREPARED_STMT_COUNT_REACHED: refused by PREPARE, so that nothing was executed. */
const cannotPrepare: ReadonlySet<number> = new Set([1295, 1461]);

/**
 * Sends a query of Prisma's as a prepared statement: its parameters never become SQL, BIGINT and DECIMAL are exact both ways, and FLOAT
 * comes with all its digits. What the server cannot prepare (LOCK TABLES, CREATE TRIGGER, ...) goes as text, if it has no parameters.
 */
async function sendQuery({ sql, args, argTypes }: SqlQuery, send: Send): Promise<StatementResult> {
  const values = args.map((value, index) => toParameter(value, argTypes[index] ?? unknownType));
  // MySQL types a prepared statement by the parameters that it had first, and mysql2 keeps one for each text and each value of this option,
  // which only has to be truthy. In a model's query the column gives the type.
  const rowsAsArray = values.length === 0 || argTypes[0]?.dbType !== undefined || typesOf(values);
  try {
    return await send('execute', exactStatement(sql, rowsAsArray), values);
  } catch (error) {
    if (values.length > 0 || !isServerError(error) || !cannotPrepare.has(error.errno)) throw error;
    return send('query', { ...exactOptions, sql, typeCast: castText }, values);
  }
}

const unknownType = { scalarType: 'unknown', arity: 'scalar' } as const;

interface Header {
  readonly affectedRows?: number;
  readonly insertId?: number | string | bigint;
  readonly info?: string;
}

/** The rows of a query, and the id of what it inserted. Of the results of a procedure, the first. */
export async function queryRows(query: SqlQuery, send: Send): Promise<SqlResultSet> {
  const [result, fields] = await sendQuery(query, send);
  const [first, firstFields] = isMany(fields) ? [(result as unknown[])[0], fields[0]] : [result, fields];
  if (Array.isArray(firstFields)) return toResultSet(first as unknown[][], firstFields as ResultField[]);
  // Ids are generated upwards from 1, and mysql2 reads them as signed: one beyond 2^63 comes out negative.
  const lastInsertId = String(BigInt.asUintN(64, BigInt((first as Header).insertId ?? 0)));
  return { columnNames: [], columnTypes: [], rows: [], lastInsertId };
}

/** How many rows the statement found; 0 for one that answers with rows. */
export async function countRows(query: SqlQuery, send: Send): Promise<number> {
  const [result, fields] = await sendQuery(query, send);
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

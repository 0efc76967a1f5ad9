import type { Connection } from 'mysql2';
import type { DriverCommand } from '../driver/command.ts';
import { executionOf, type RowOptions } from './prepared-execution.ts';

/** A column of a result, as far as its values have to be understood. */
export interface ResultField {
  readonly name: string;
  readonly columnType: number;
  readonly characterSet: number;
  readonly flags: number;
  readonly extendedFormat?: string;
}

/**
 * An option of a prepared statement: its values are to come as the server sent them, whatever options the pool has. BIGINT and DECIMAL
 * as strings, dates and times as strings, JSON as its text, binary as buffers.
 */
export const exactValues: unique symbol = Symbol('exactValues');

/** By what mysql2 knows a prepared statement again. */
interface StatementOptions {
  readonly sql: string;
  readonly rowsAsArray?: unknown;
  readonly nestTables?: unknown;
}

interface ExactOptions extends StatementOptions {
  readonly [exactValues]?: boolean;
}

/** mysql2 compiles its row parsers for the options of a connection, of which a statement can override only some. */
const exactConfig = {
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  decimalNumbers: false,
  jsonStrings: true,
  timezone: 'Z',
};

/** What no option of the connection may change, however the statement is sent. */
export const exactOptions = {
  rowsAsArray: true,
  nestTables: false,
  namedPlaceholders: false,
  typeCast: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
} as const;

const rowOptions = { ...exactConfig, ...exactOptions };
const exactRows: RowOptions = { statement: { ...rowOptions, disableEval: false }, connection: exactConfig };
const exactRowsWithoutEval: RowOptions = { ...exactRows, statement: { ...rowOptions, disableEval: true } };

/** Whether this version of mysql2 has shown that a statement's rows can be read by other options than those it was sent with. */
let overridesOptions = false;

/**
 * The options to execute a statement with as {@link exactValues} says. As few as possible: mysql2 copies them for each call, property by
 * property, which is the slowest part of it.
 *
 * @param rowsAsArray anything truthy; mysql2 keeps one statement for each text and each value of this
 */
export function exactStatement(sql: string, rowsAsArray: true | string): object {
  if (overridesOptions) return { [exactValues]: true, rowsAsArray, sql };
  return { ...exactOptions, [exactValues]: true, rowsAsArray, sql };
}

/** Does for a command that is about to be sent what {@link exactValues} says, if it has that option. */
export function makeExact(connection: Connection, command: DriverCommand): void {
  const execution = executionOf(command);
  const options = execution?.options as ExactOptions | undefined;
  if (execution === undefined || options?.[exactValues] !== true) return;
  execution.runBy(connection.config.disableEval === true ? exactRowsWithoutEval : exactRows);
  overridesOptions = true;
  keepRecent(connection, options);
}

/**
 * How many statements that came with {@link exactValues} stay prepared on one connection. mysql2 keeps 16000 by default, and the server has as
 * many for all of its connections together (`max_prepared_stmt_count`), while an ORM makes a new one for every length of a list.
 */
export const preparedStatements = 250;

/** In characters. A longer one (thousands of rows in an INSERT) stays only until the next: both sides would keep all of its text in memory. */
export const longestPreparedStatement = 10_000;

interface Kept {
  readonly statements: Map<string, StatementOptions>;
  long: StatementOptions | undefined;
}

const keptBy = new WeakMap<Connection, Kept>();

function keepRecent(connection: Connection, options: ExactOptions): void {
  let kept = keptBy.get(connection);
  if (kept === undefined) {
    kept = { statements: new Map(), long: undefined };
    keptBy.set(connection, kept);
  }
  const { statements, long } = kept;
  const key = keyOf(options);
  if (long !== undefined && keyOf(long) !== key) forget(connection, long);
  const isLong = options.sql.length > longestPreparedStatement;
  kept.long = isLong ? withoutValues(options) : undefined;
  if (isLong) return;
  const known = statements.get(key);
  if (known !== undefined) statements.delete(key);
  statements.set(key, known ?? withoutValues(options));
  if (statements.size <= preparedStatements) return;
  const [oldest] = statements;
  if (oldest === undefined) return;
  statements.delete(oldest[0]);
  forget(connection, oldest[1]);
}

/** Mostly the text itself, whose hash JavaScript keeps. */
function keyOf({ sql, rowsAsArray, nestTables }: StatementOptions): string {
  return rowsAsArray === true && nestTables === undefined ? sql : `${nestTables}/${rowsAsArray}\0${sql}`;
}

function withoutValues({ sql, rowsAsArray, nestTables }: StatementOptions): StatementOptions {
  return { sql, rowsAsArray, nestTables };
}

function forget(connection: Connection, options: StatementOptions): void {
  connection.unprepare(options as unknown as string);
}

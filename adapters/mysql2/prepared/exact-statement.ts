import type { Connection } from 'mysql2';
import type { DriverCommand } from '../driver/command.ts';
import type { StatementOptions } from './kept-statements.ts';
import { executionOf, type RowOptions } from './prepared-execution.ts';
import type { StatementRoom } from './statement-room.ts';

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

/** One call of a prepared statement. */
export interface PreparedCall {
  /** Where it stays prepared. */
  readonly room: StatementRoom;
  /** Whether EXECUTE may have been sent: if not, an error proves that PREPARE was refused, and nothing was executed. */
  mayBeExecuted: boolean;
}

interface ExactOptions extends StatementOptions {
  readonly [exactValues]?: PreparedCall;
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
export function exactStatement(sql: string, rowsAsArray: true | string, call: PreparedCall): object {
  if (overridesOptions) return { [exactValues]: call, rowsAsArray, sql };
  return { ...exactOptions, [exactValues]: call, rowsAsArray, sql };
}

/** Does for a command that is about to be sent what {@link exactValues} says, if it has that option. */
export function makeExact(connection: Connection, command: DriverCommand): void {
  const execution = executionOf(command);
  const options = execution?.options as ExactOptions | undefined;
  const call = options?.[exactValues];
  if (execution === undefined || options === undefined || call === undefined) return;
  const rows = connection.config.disableEval === true ? exactRowsWithoutEval : exactRows;
  const seesStart = execution.runBy(rows, () => {
    call.mayBeExecuted = true;
  });
  call.mayBeExecuted = !seesStart;
  overridesOptions = true;
  call.room.use(connection, options);
}

import type { Connection } from 'mysql2';
import { expect, it } from 'vitest';
import type { DriverCommand } from '../../../../../adapters/mysql2/driver/command.ts';
import {
  exactStatement,
  exactValues,
  makeExact,
  type PreparedCall,
} from '../../../../../adapters/mysql2/prepared/exact-statement.ts';
import { StatementRoom } from '../../../../../adapters/mysql2/prepared/statement-room.ts';

const documented = {
  nestTables: false,
  namedPlaceholders: false,
  typeCast: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
};

it('a statement has every option that mysql2 documents, until mysql2 has shown that it can do without', () => {
  const connection = { config: {} } as Connection;
  const call: PreparedCall = { room: new StatementRoom(() => 0), mayBeExecuted: true };
  const all = { ...documented, [exactValues]: call, rowsAsArray: true, sql: 'SELECT 1' };
  expect(exactStatement('SELECT 1', true, call)).toEqual(all);

  const ofAnotherVersion = { on: () => {}, options: all } as DriverCommand;
  makeExact(connection, ofAnotherVersion);
  expect(exactStatement('SELECT 1', true, call)).toEqual(all);

  const command = { on: () => {}, _executeOptions: all, buildParserFromFields: () => {} } as DriverCommand;
  makeExact(connection, command);
  expect(exactStatement('SELECT 1', 'string', call)).toEqual({
    [exactValues]: call,
    rowsAsArray: 'string',
    sql: 'SELECT 1',
  });
});

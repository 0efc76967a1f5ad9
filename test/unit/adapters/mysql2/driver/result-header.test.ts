import { describe, expect, test } from 'vitest';
import { readHeaderStatus } from '../../../../../adapters/mysql2/driver/result-header.ts';

describe('the status behind a result', () => {
  const header = (serverStatus: number) => ({ affectedRows: 1, serverStatus });
  const column = { name: 'serverStatus' };

  test.each([
    { serverStatus: 0, status: { inTransaction: false, autocommit: false } },
    { serverStatus: 1, status: { inTransaction: true, autocommit: false } },
    { serverStatus: 2, status: { inTransaction: false, autocommit: true } },
    { serverStatus: 0x40_03, status: { inTransaction: true, autocommit: true } },
  ])('is read from the header of a result without rows: $serverStatus', ({ serverStatus, status }) => {
    expect(readHeaderStatus(header(serverStatus), undefined)).toEqual(status);
  });

  test('is the one of the last of several results', () => {
    const status = { inTransaction: true, autocommit: false };
    expect(readHeaderStatus([header(2), header(1)], [undefined, undefined])).toEqual(status);
    expect(readHeaderStatus([[{ a: 1 }], header(1)], [[column], undefined])).toEqual(status);
  });

  test('is never taken from a row, whatever its columns are called', () => {
    expect(readHeaderStatus([{ serverStatus: 1 }], [column])).toBeUndefined();
    expect(readHeaderStatus([header(1), [{ serverStatus: 1 }]], [undefined, [column]])).toBeUndefined();
    expect(readHeaderStatus([], [column])).toBeUndefined();
  });

  test.each([undefined, null, {}, { serverStatus: 'open' }])('is not known of %j', (result) => {
    expect(readHeaderStatus(result, undefined)).toBeUndefined();
  });
});

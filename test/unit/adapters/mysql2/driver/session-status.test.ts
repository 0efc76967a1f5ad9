import { describe, expect, it } from 'vitest';
import { readEof, readOk } from '../../../../../adapters/mysql2/driver/session-status.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ok = (hex: string) => readOk(bytes(hex), 0, bytes(hex).length);

describe('the flags at the end of a result', () => {
  it('are those of an EOF packet', () => {
    expect(readEof(bytes('fe 0000 2320'), 0, 5)).toMatchObject({
      ...{ inTransaction: true, autocommit: true, readOnly: true },
      ...{ hasRows: true, hasMoreResults: false },
    });
    expect(readEof(bytes('fe 0000 0a00'), 0, 5)).toMatchObject({ inTransaction: false, hasMoreResults: true });
  });

  it('are those of an OK packet, behind numbers of any length', () => {
    for (const rows of ['05', 'fc 0001', 'fd 000001', 'fe 0000000001000000']) {
      for (const id of ['00', 'fc ffff', 'fe ffffffffffffffff']) {
        const expected = { inTransaction: true, autocommit: false, hasRows: false, schema: undefined };
        expect(ok(`00 ${rows} ${id} 0100 0000`)).toMatchObject(expected);
      }
    }
  });

  it('come with the database that was changed to', () => {
    expect(ok('00 00 00 0240 0000 00 08 01 06 05 6f74686572')?.schema).toBe('other');
    // Behind a text, and between a variable and a state of the transaction.
    const variable = '00 0f 0a 6175746f636f6d6d6974 03 4f4646';
    expect(ok(`00 00 00 0240 0000 02 6869 24 ${variable} 01 06 05 6f74686572 05 09 08 545f5f5f5f5f5f5f`)?.schema).toBe(
      'other',
    );
    expect(ok('00 00 00 0240 0000 00 03 01 01 00')?.schema).toBe('');
    expect(ok(`00 00 00 0040 0000 00 11 ${variable}`)?.schema).toBeUndefined();
  });

  it('are undefined, or as they stand, in a packet that ends too early', () => {
    const whole = bytes('00 00 00 0240 0000 00 08 01 06 05 6f74686572');
    for (let end = 0; end < whole.length; end += 1) {
      const cut = whole.subarray(0, end);
      expect(readOk(cut, 0, end)?.inTransaction).toBe(end < 5 ? undefined : false);
    }
    expect(readEof(bytes('fe'), 0, 1)).toBeUndefined();
  });

  it('end their search, whatever the lengths say', () => {
    for (const length of ['fe ffffffffffffffff', 'fd ffffff', 'fc ffff', 'fb', 'ff']) {
      expect(ok(`00 00 00 0240 0000 00 ${length} 01 ${length} ${length} 6f`)).toBeDefined();
    }
  });
});

import { describe, expect, it } from 'vitest';
import { idOf, itemValue, pageLength } from '../../../bench/data.ts';
import { rowsIn, verify } from '../../../bench/verify.ts';

const target = { host: '127.0.0.1', port: 1, user: '', password: '', database: '' };
const reads = ['ping', 'point', 'rows'] as const;

describe('a contender', () => {
  const right = {
    ping: async () => [[{ 1: 1 }], []],
    point: async (call: number) => [{ id: idOf(call), value: itemValue(idOf(call)) }],
    rows: async () => Array.from({ length: pageLength }, () => ({})),
  };
  const verified = (calls: object) => verify({ calls, close: async () => {} }, reads, target);

  it('is one that answers rightly', async () => {
    await expect(verified(right)).resolves.toBeUndefined();
  });

  it('may have some of the calls', async () => {
    await expect(verified({})).resolves.toBeUndefined();
  });

  it.each([
    ['ping', [[], []], 'ping: expected 1 rows, got 0'],
    ['point', undefined, 'point: expected row 8, got undefined'],
    ['point', [{ id: 7, value: 49 }], 'point: expected row 8, got {"id":7,"value":49}'],
    ['point', [{ id: 8, value: 56 }, {}], 'point: expected 1 rows, got 2'],
    ['rows', [{}], 'rows: expected 100 rows, got 1'],
  ])('that answers %s with %j is none', async (statement, answer, message) => {
    await expect(verified({ ...right, [statement]: async () => answer })).rejects.toThrow(message);
  });
});

describe('the rows of an answer', () => {
  const row = { id: 1 };

  it.each([
    ['of mysql2, knex and Drizzle in SQL', [[row], []], [row]],
    ['of mysql2, where there are none', [[], []], []],
    ['of the mariadb connector and Drizzle', [row], [row]],
    ['of Kysely in SQL', { rows: [row] }, [row]],
    ['of Prisma, one', row, [row]],
    ['of Prisma, none', null, []],
    ['of nobody', undefined, []],
  ])('are found: %s', (_, answer, rows) => {
    expect(rowsIn(answer)).toEqual(rows);
  });
});

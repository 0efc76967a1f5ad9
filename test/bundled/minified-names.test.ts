import { is } from 'drizzle-orm';
import { MySqlDatabase } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError, withResilience } from '../../adapters/mysql2/index.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe('the tests of a bundled program', unhurried, () => {
  const stage = useStage('bundled');

  test('meet classes of mysql2, of Drizzle and of this package that have other names', async () => {
    const pool = createPool({ ...stage.direct(), connectionLimit: 1 });
    const [header] = await stage.closing(withResilience(pool)).query('DO 1');
    expect(header).toMatchObject({ affectedRows: 0 });
    expect(header.constructor.name).not.toBe('ResultSetHeader');
    expect(pool.constructor.name).not.toBe('PromisePool');
    const db = drizzle(pool);
    expect(is(db, MySqlDatabase)).toBe(true);
    expect(db.constructor.name).not.toBe('MySql2Database');
    expect(OutcomeUnknownError.name).not.toBe('OutcomeUnknownError');
  });
});

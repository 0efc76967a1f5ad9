import { raw } from 'mysql2';
import type { Pool } from 'mysql2/promise';

/** Something that people do with a pool of mysql2, as a function of the pool, with a result that can be compared. */
export type Operation = readonly [name: string, run: (pool: Pool) => Promise<unknown>];

const two = 'SELECT 1 AS one, NULL AS nothing, 2.50 AS price, CAST("2020-01-02 03:04:05" AS DATETIME) AS at';

export const operations: readonly Operation[] = [
  ['query of a string', (pool) => result(pool.query(two))],
  ['query of a string with values', (pool) => result(pool.query('SELECT ? AS a, ? AS b', [1, "it's"]))],
  [
    'query of a string with identifiers and lists',
    (pool) => result(pool.query('SELECT ?? FROM stage_rows WHERE id IN (?)', ['id', [1, 2]])),
  ],
  ['query with an object as value', (pool) => result(pool.query('INSERT INTO stage_keyed SET ?', { id: 7 } as never))],
  ['query with a raw value', (pool) => result(pool.query('SELECT ? AS four', [raw('2 + 2')]))],
  ['query of options', (pool) => result(pool.query({ sql: two }))],
  ['query of options with values in them', (pool) => result(pool.query({ sql: 'SELECT ? AS a', values: [1] }))],
  ['query of options and values', (pool) => result(pool.query({ sql: 'SELECT ? AS a' }, [1]))],
  [
    'query of options whose values are overruled',
    (pool) => result(pool.query({ sql: 'SELECT ? AS a', values: [1] }, [2])),
  ],
  [
    'named placeholders',
    (pool) => result(pool.query({ sql: 'SELECT :a AS a, :b AS b', namedPlaceholders: true }, { b: 2, a: 1 } as never)),
  ],
  [
    'named placeholders, prepared',
    (pool) =>
      result(pool.execute({ sql: 'SELECT :a AS a, :b AS b', namedPlaceholders: true }, { b: 2, a: 1 } as never)),
  ],
  ['rows as arrays', (pool) => result(pool.query({ sql: two, rowsAsArray: true }))],
  [
    'nested tables',
    (pool) =>
      result(pool.query({ sql: 'SELECT * FROM stage_keyed k JOIN stage_rows r ON r.id = k.id', nestTables: true })),
  ],
  [
    'nested tables with a separator',
    (pool) => result(pool.query({ sql: 'SELECT * FROM stage_keyed k', nestTables: '_' })),
  ],
  [
    'typeCast by a function',
    (pool) =>
      result(
        pool.query({
          sql: two,
          typeCast: (field, next) => (field.type === 'NEWDECIMAL' ? Number(field.string()) : next()),
        }),
      ),
  ],
  ['typeCast switched off', (pool) => result(pool.query({ sql: two, typeCast: false }))],
  ['dates as strings', (pool) => result(pool.query({ sql: two, dateStrings: true }))],
  ['several statements', (pool) => result(pool.query('SELECT 1 AS one; SELECT 2 AS two; DO 1'))],
  ['insert', (pool) => result(pool.query('INSERT INTO stage_rows (id) VALUES (?), (?)', [8, 9]))],
  ['update', (pool) => result(pool.query('UPDATE stage_rows SET id = id + 1 WHERE id = ?', [1]))],
  ['insert with warnings', (pool) => result(pool.query('INSERT IGNORE INTO stage_keyed (id) VALUES (1)'))],
  ['execute of a string', (pool) => result(pool.execute(two))],
  ['execute with values', (pool) => result(pool.execute('SELECT ? AS a, ? AS b', [1, 'x']))],
  [
    'execute of options with rows as arrays',
    (pool) => result(pool.execute({ sql: 'SELECT ? AS a', rowsAsArray: true }, [1])),
  ],
  ['execute of options with values in them', (pool) => result(pool.execute({ sql: 'SELECT ? AS a', values: [1] }))],
  ['execute of an insert', (pool) => result(pool.execute('INSERT INTO stage_rows (id) VALUES (?)', [8]))],
  ['execute with too few values', (pool) => errorOf(() => pool.execute('SELECT ? AS a, ? AS b', [1]))],
  ['execute with undefined', (pool) => errorOf(() => pool.execute('SELECT ? AS a', [undefined as never]))],
  ['execute with a function', (pool) => errorOf(() => pool.execute('SELECT ? AS a', [(() => {}) as never]))],
  ['a syntax error', (pool) => errorOf(() => pool.query('SELEC 1'))],
  ['a duplicate key', (pool) => errorOf(() => pool.query('INSERT INTO stage_keyed (id) VALUES (1)'))],
  ['a duplicate key, prepared', (pool) => errorOf(() => pool.execute('INSERT INTO stage_keyed (id) VALUES (?)', [1]))],
  ['an empty statement', (pool) => errorOf(() => pool.query(''))],
  ['query with a callback', (pool) => errorOf(() => pool.query('SELECT 1', (() => {}) as never))],
  ['query of a number', (pool) => errorOf(() => pool.query(5 as never))],
  ['query of no text', (pool) => errorOf(() => pool.query({ sql: undefined as never, values: [1] }))],
  ['execute of nothing', (pool) => errorOf(() => pool.execute(undefined as never))],
  ['execute of null', (pool) => errorOf(() => pool.execute({ sql: null as never }))],
  ['escape', async (pool) => [pool.escape("it's"), pool.escape(new Date(0)), pool.escapeId('a.b'), pool.escapeId('`')]],
  ['format', async (pool) => pool.format('SELECT ?? = ?', ['a', 1])],
  [
    'a transaction by hand that commits',
    async (pool) => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.query('INSERT INTO stage_rows (id) VALUES (8)');
      await connection.commit();
      connection.release();
    },
  ],
  [
    'a transaction by hand that rolls back',
    async (pool) => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.execute('INSERT INTO stage_rows (id) VALUES (8)');
      await connection.rollback();
      pool.releaseConnection(connection);
    },
  ],
  [
    'prepare, execute and close on a connection',
    async (pool) => {
      const connection = await pool.getConnection();
      const statement = await connection.prepare('SELECT ? AS a');
      const [rows] = await statement.execute([5]);
      await statement.close();
      await connection.ping();
      connection.destroy();
      return rows;
    },
  ],
];

/** Rows and the names of their columns; everything else of a column is mysql2's. */
async function result(work: Promise<readonly [unknown, unknown]>): Promise<unknown> {
  const [rows, fields] = await work;
  return { rows, names: namesOf(fields) };
}

function namesOf(fields: unknown): unknown {
  if (!Array.isArray(fields)) return fields;
  return fields.map((field: unknown) =>
    Array.isArray(field) ? namesOf(field) : (field as { name?: string } | undefined)?.name,
  );
}

/** Everything of an error that a caller may look at, and whether it was thrown before a promise was made. */
export async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  let at = 'at once';
  try {
    const promise = work();
    at = 'later';
    return { succeeded: await promise };
  } catch (error) {
    if (!(error instanceof Error)) return error;
    const { name, message } = error;
    return { ...error, at, class: error.constructor.name, name, message };
  }
}

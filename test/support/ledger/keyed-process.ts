import { once } from 'node:events';
import { createPool } from 'mysql2/promise';
import { createLedger, transaction, withResilience } from '../../../adapters/mysql2/index.ts';

/** A process that does a piece of work that other processes do as well, under the same key: `keyed-process.ts <url> <index>`. */
const [url = '', index = ''] = process.argv.slice(2);
const pool = withResilience(createPool(url));
await createLedger(pool);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const result = await transaction(
  pool,
  async (connection) => {
    await connection.query('INSERT INTO stage_rows (id) VALUES (?)', [Number(index)]);
    return { by: Number(index) };
  },
  { idempotencyKey: 'the work of all' },
);
process.stdout.write(`${JSON.stringify(result)}\n`);
await pool.end();

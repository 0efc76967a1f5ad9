import { createPool } from 'mysql2/promise';
import { withResilience } from '../../../adapters/mysql2/index.ts';

/** A process that ends its pool while a statement is in flight, and has nothing else to do: `ending-process.ts <url> <what ends the statement>`. */
const [url = '', how = ''] = process.argv.slice(2);
const aborting = new AbortController();
const limits = how === 'attemptTimeout' ? { attemptTimeout: 500 } : { signal: aborting.signal };
const pool = withResilience(createPool(url), { retries: 0, killLostSessions: how !== 'no fence', ...limits });
await pool.query('SELECT 1');
const sent = new Promise((resolve) => pool.once('acquire', () => setImmediate(resolve)));
const statement = pool.query('UPDATE stage_rows SET id = SLEEP(60)').catch((error: unknown) => error);
await sent;
const ended = pool.end();
if (how !== 'attemptTimeout') aborting.abort();
await ended;
await statement;
process.stdout.write('ended\n');

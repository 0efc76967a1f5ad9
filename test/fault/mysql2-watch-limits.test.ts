import { randomBytes } from 'node:crypto';
import { createPool, type Pool } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const watch = { after: 200, timeout: 1_000 } as const;

/** What looks like a dead connection in the server's process list, and is none; and what is one, where new connections are refused. */
describe('a statement that the server cannot be asked about as usual', unhurried, () => {
  const stage = useStage('watch-limits');
  const other = { user: 'stage_other', password: 'first' };

  beforeAll(async () => {
    const { database } = stage.direct();
    await stage.server.admin(`CREATE USER ${other.user}@'%' IDENTIFIED BY '${other.password}'`);
    await stage.server.admin(`GRANT ALL ON ${database}.* TO ${other.user}@'%'`);
  });

  function open(options: object = {}, policy: ResilienceOptions = {}) {
    const retried: RetryEvent[] = [];
    const onRetry = (event: RetryEvent) => void retried.push(event);
    const pool = createPool({ ...stage.routed(), connectionLimit: 2, ...options });
    return { pool: stage.closing(withResilience(pool, { watch, onRetry, ...policy })), retried };
  }

  /** So many bytes, of which compression makes hardly less. */
  const noise = (bytes: number) => randomBytes((bytes / 4) * 3).toString('base64');

  const ways = [
    ['plain', {}],
    ['over TLS', { ssl: { rejectUnauthorized: false } }],
    ['compressed', { compress: true }],
  ] as const;
  const uploads = ways.flatMap(([way, options]) =>
    ([1, 6, 12] as const).flatMap((megabytes) =>
      (['query', 'execute'] as const).map((method) => ({ way, options, megabytes, method })),
    ),
  );

  test.each(uploads)(
    'is waited for while it is on a slow way, much of it in the buffers of the kernel: $megabytes MB by $method, $way',
    async ({ options, megabytes, method }) => {
      const bytes = megabytes * 1_000_000;
      const { pool, retried } = open(options, { watch: { after: 400, timeout: 1_000 } });
      await pool.query('SELECT 1');
      // Several times `after`, whatever its size is, and faster than what the network is allowed for what it holds.
      stage.router.pace(Math.max(1_000, bytes / 3_000));
      stage.after(async () => stage.router.pace(Number.POSITIVE_INFINITY));
      await (pool[method] as Pool['query'])('INSERT INTO stage_rows (id) VALUES (LENGTH(?))', [noise(bytes)]);
      expect(retried).toEqual([]);
      expect(await stage.rows()).toEqual([bytes]);
    },
  );

  test('is given up when it does not arrive, the later the longer it is', async () => {
    const { pool } = open();
    await pool.query('SELECT 1');
    stage.router.set('drop-c2s');
    const failure = later(failureOf(pool.query('INSERT INTO stage_rows (id) VALUES (LENGTH(?))', [noise(40_000)])));
    const stop = stage.router.onClientData(() => {
      stop();
      setImmediate(() => stage.router.set('pass'));
      return undefined;
    });
    expect(await failure).toBeInstanceOf(OutcomeUnknownError);
    expect(await stage.rows()).toEqual([]);
  });

  describe('in a session that has become another user’s', () => {
    const become = async (pool: Resilient<Pool>) => {
      const held = await pool.getConnection();
      await held.changeUser({ ...other, database: stage.direct().database ?? '' });
      return held;
    };

    test('is waited for', async () => {
      const { pool } = open();
      const held = await become(pool);
      const [rows] = await held.query('SELECT SLEEP(1.5) AS slept');
      expect(rows).toEqual([{ slept: 0 }]);
      held.release();
    });
  });

  describe('on a path that went silent, of a server that takes no new connections', () => {
    /** Of the statement that is sent next: nothing of it arrives, and nobody says so. */
    const loseNext = (): void => {
      stage.router.set('drop-c2s');
      const stop = stage.router.onClientData(() => {
        stop();
        setImmediate(() => stage.router.set('pass'));
        return undefined;
      });
    };

    const alter = (how: string) => stage.server.admin(`ALTER USER ${other.user}@'%' ${how}`);

    test.each([
      ['the password has been changed since', "IDENTIFIED BY 'second'", "IDENTIFIED BY 'first'"],
      ['the user has no connection left', 'WITH MAX_USER_CONNECTIONS 2', 'WITH MAX_USER_CONNECTIONS 0'],
    ])('is answered over an idle connection of the pool: %s', async (_what, refuse, accept) => {
      const { pool, retried } = open(other);
      await Promise.all([pool.query('SELECT SLEEP(0.1)'), pool.query('SELECT SLEEP(0.1)')]);
      await alter(refuse);
      stage.after(() => alter(accept));
      loseNext();
      const [rows] = await pool.query('SELECT 1 AS one');
      expect(rows).toEqual([{ one: 1 }]);
      expect(retried).toMatchObject([{ failure: { code: 'ECONNABORTED' } }]);
    });
  });
});

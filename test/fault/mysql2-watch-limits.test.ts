import { randomBytes } from 'node:crypto';
import { createConnection, createPool, type Pool } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError, type ResilienceOptions, type RetryEvent } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

const watch = { after: 200, timeout: 1_000 } as const;

/** What looks like a dead connection in the server's process list, and is none; and what is one, where new connections are refused. */
describe('a statement that the server cannot be asked about as usual', unhurried, () => {
  const stage = useStage('watch-limits', ['--max-user-connections=1000']);
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
      const [sql, values] = ['INSERT INTO stage_rows (id) VALUES (LENGTH(?))', [noise(bytes)]];
      await (method === 'query' ? pool.query(sql, values) : pool.execute(sql, values));
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
    /** Nothing of a statement with this text arrives, and nobody says so. */
    const loseOnce = (text: string): void => {
      const stop = stage.router.onClientData((chunk) => {
        if (!chunk.includes(text)) return 'forward';
        stop();
        return 'swallow';
      });
    };

    const alter = (how: string) => stage.server.admin(`ALTER USER ${other.user}@'%' ${how}`);
    const connectAsOther = () => createConnection({ ...stage.direct(), ...other });

    /** Takes every connection that the server has left. */
    async function fill(): Promise<void> {
      for (;;) {
        const connection = await connectAsOther().catch(() => undefined);
        if (connection === undefined) break;
        stage.after(async () => connection.destroy());
      }
    }

    test.each([
      {
        errno: 1045,
        what: 'the password has been changed since',
        refuse: () => alter("IDENTIFIED BY 'second'"),
        accept: () => alter(`IDENTIFIED BY '${other.password}'`),
      },
      {
        errno: 1226,
        what: 'the user has no connection left',
        refuse: () => alter('WITH MAX_USER_CONNECTIONS 2'),
        accept: () => alter('WITH MAX_USER_CONNECTIONS 0'),
      },
      {
        errno: 1203,
        what: 'no user may have more connections',
        refuse: () => stage.server.admin('SET GLOBAL max_user_connections = 2'),
        accept: () => stage.server.admin('SET GLOBAL max_user_connections = 1000'),
      },
      {
        errno: 1040,
        what: 'nobody has a connection left',
        refuse: async () => {
          await stage.server.admin('SET GLOBAL max_connections = 10');
          await fill();
        },
        accept: () => stage.server.admin('SET GLOBAL max_connections = 200'),
      },
    ])('is answered over an idle connection of the pool: $what ($errno)', async ({ errno, refuse, accept }) => {
      const { pool, retried } = open(other);
      await Promise.all([pool.query('SELECT SLEEP(0.1)'), pool.query('SELECT SLEEP(0.1)')]);
      await refuse();
      stage.after(accept);
      expect(await failureOf(connectAsOther())).toMatchObject({ errno });
      loseOnce('SELECT 1 AS one');
      const [rows] = await pool.query('SELECT 1 AS one');
      expect(rows).toEqual([{ one: 1 }]);
      expect(retried).toMatchObject([{ failure: { code: 'ECONNABORTED' } }]);
    });
  });
});

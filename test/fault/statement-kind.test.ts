import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import type { RowDataPacket } from 'mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { createLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { readStatementKind } from '../../src/internal.ts';
import { everyBinding, foreignBinding } from '../contract/bindings/every-binding.ts';
import { callbackPoolBy, callbackWays, promisePoolBy } from '../contract/bindings/mysql2.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { breakCommit } from '../support/ledger/stage-ledger.ts';
import { createExtendedClient } from '../support/prisma/extended-client.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

const fast = { minTimeout: 0, maxTimeout: 0 } as const;
const rerun = { rerun: true } as const;

type Run = (text: string) => Promise<unknown>;
type Binding = (stage: Stage) => (callback: (run: Run, attempt: number) => Promise<void>) => Promise<unknown>;

const bindings: readonly [string, Binding][] = [
  [
    'query() of a promise pool',
    (stage) => {
      const pool = withResilience(stage.closing(createPool(stage.proxied())), fast);
      return (callback) => transaction(pool, (tx, { attempt }) => callback((text) => tx.query(text), attempt), rerun);
    },
  ],
  [
    'a pool with multipleStatements',
    (stage) => {
      const pool = stage.closing(createPool({ ...stage.proxied(), multipleStatements: true }));
      return (callback) =>
        transaction(
          withResilience(pool, fast),
          (tx, { attempt }) => callback((text) => tx.query(text), attempt),
          rerun,
        );
    },
  ],
  [
    'execute() of a callback pool',
    (stage) => {
      const pool = withResilience(createCallbackPool(stage.proxied()), fast);
      stage.closing({ end: () => new Promise<void>((resolve) => pool.end(() => resolve())) });
      return (callback) => transaction(pool, (tx, { attempt }) => callback((text) => tx.execute(text), attempt), rerun);
    },
  ],
  [
    'Drizzle',
    (stage) => {
      const db = withResilientDatabase(drizzle(stage.closing(createPool(stage.proxied()))), fast);
      return (callback) =>
        db.transaction((tx, { attempt }) => callback((text) => tx.execute(sql.raw(text)), attempt), rerun);
    },
  ],
  [
    'Prisma',
    (stage) => {
      const prisma = createExtendedClient(stage, 'PrismaMySQL2', { policy: fast });
      return (callback) =>
        prisma.$transaction((tx, { attempt }) => callback((text) => tx.$executeRawUnsafe(text), attempt), rerun);
    },
  ],
];

/** What monitors, hosts and people put around an INSERT, and data that looks like code. */
const inserts = [
  "/*dddbs='app',traceparent='00-a;b-01'*/ INSERT INTO stage_rows (id) VALUES (1)",
  "-- it's; a\n# comment\nINSERT INTO stage_rows (id) VALUES (1)",
  "INSERT INTO stage_rows (id) SELECT 1 FROM DUAL WHERE 'a;b &amp; c' <> '/*! d */'",
  "INSERT INTO stage_rows (id) VALUES (1) /* route='x'; */;",
] as const;

describe.each(bindings)('in a transaction, through %s', unhurried, (_name, open) => {
  const stage = useStage('kinds');

  test.each(inserts)('a lost connection undoes %j: it runs again, and is applied once', async (insert) => {
    const run = open(stage);
    let unlock = async () => {};
    const attempts: number[] = [];
    const work = later(
      run(async (execute, attempt) => {
        attempts.push(attempt);
        if (attempt === 1) unlock = await stage.lock();
        await execute(insert);
      }),
    );
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    await work;
    expect(attempts).toEqual([1, 2]);
    expect(await stage.rows()).toEqual([1]);
  });

  test('the victim of a deadlock runs again, with a comment in front of each statement', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0), (2, 0)');
    const run = open(stage);
    const count = (id: number) => `/*dddbs='app'*/ UPDATE stage_keyed SET writes = writes + 1 WHERE id = ${id}`;
    const attempts: number[] = [];
    await stage.asRoot(async (root) => {
      // The one of the two that has changed less is the victim.
      await root.query('BEGIN');
      await root.query(`INSERT INTO stage_rows (id) VALUES ${Array.from({ length: 50 }, () => '(7)').join()}`);
      await root.query('UPDATE stage_keyed SET writes = 10 WHERE id = 2');
      let other: Promise<unknown> = Promise.resolve();
      await run(async (execute, attempt) => {
        attempts.push(attempt);
        await execute(count(1));
        if (attempt === 1) {
          other = root.query('UPDATE stage_keyed SET writes = 10 WHERE id = 1').then(() => root.query('ROLLBACK'));
          await stage.inFlightBehindRow();
        }
        await execute(count(2));
      });
      await other;
    });
    expect(attempts).toEqual([1, 2]);
    expect(await stage.server.admin('SELECT id, writes FROM stage_keyed ORDER BY id')).toEqual([
      { id: 1, writes: 1 },
      { id: 2, writes: 1 },
    ]);
  });
});

describe('exactlyOnce', unhurried, () => {
  const stage = useStage('kinds-ledger');

  test.each(inserts)('takes %j, and applies it once when the answer to its COMMIT is lost', async (insert) => {
    const pool = withResilience(stage.closing(createPool(stage.proxied())), { ...fast, exactlyOnce: true });
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    await createLedger(pool);
    const broken = breakCommit(stage, 'executed');
    await pool.query(insert);
    await broken;
    expect(await stage.rows()).toEqual([1]);
  });

  test.each([
    'ROLLBACK',
    '/* a */ SAVEPOINT s',
    'USE app',
    'SET autocommit = 0',
    'INSERT INTO stage_rows VALUES (1); COMMIT',
    'CREATE TABLE stage_made (id INT)',
  ])('takes nothing that its transaction would not outlive, or that only a session has: %s', async (statement) => {
    const pool = withResilience(stage.closing(createPool(stage.direct())), { exactlyOnce: true });
    await expect(pool.query(statement)).rejects.toThrow(
      /^Expected one INSERT, UPDATE, DELETE or the like|has its effect in one session/,
    );
  });

  test('spends no transaction on what only tells of something', async () => {
    // There is no ledger.
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    const pool = withResilience(stage.closing(createPool(stage.direct())), { exactlyOnce: true });
    const [plan] = await pool.query<RowDataPacket[]>('/* a */ EXPLAIN INSERT INTO stage_rows (id) VALUES (1)');
    expect(plan).toHaveLength(1);
    await pool.query('SHOW WARNINGS');
    await expect(pool.query('/* a */ INSERT INTO stage_rows (id) VALUES (1)')).rejects.toThrow(/gone_away_ledger/);
    expect(await stage.rows()).toEqual([]);
  });
});

type Senders = Readonly<Record<string, (sql: string) => Promise<unknown>>>;

describe('CALL', unhurried, () => {
  const stage = useStage('kinds-call');
  const ways = {
    ...Object.fromEntries(everyBinding.map(({ name, create }) => [name, create])),
    'execute() of a promise pool': promisePoolBy('execute'),
    ...Object.fromEntries(
      Object.keys(callbackWays).map((way) => [`${way} of a callback pool`, callbackPoolBy(way as never)]),
    ),
  };

  /** All ways to send a statement that there are. */
  async function open(): Promise<Senders> {
    const options = { connection: stage.direct(), policy: { ...fast, retries: 2 } };
    const senders = Object.entries(ways).map(([name, create]) => [name, stage.closing(create(options)).send] as const);
    const pool = stage.closing(withResilience(createPool(options.connection), options.policy));
    const held = await pool.getConnection();
    stage.after(async () => held.release());
    const ofHeld = (['query', 'execute'] as const).map(
      (method) =>
        [`${method}() of a connection that is held`, (sql: string) => (held[method] as Pool['query'])(sql)] as const,
    );
    return Object.fromEntries([...senders, ...ofHeld]);
  }

  const limit = 'SET STATEMENT innodb_lock_wait_timeout = 1';
  const texts = [
    { family: 'any', before: '', after: '' },
    { family: 'any', before: "/*dddbs='app'*/ ", after: ' -- a;' },
    { family: 'mariadb', before: `${limit} FOR `, after: '' },
    { family: 'mariadb', before: `/* a; */ ${limit}, sql_mode = 'ANSI' /* FOR SELECT */ FOR\n`, after: ';' },
  ];

  test.for(texts)(
    'is not sent again after a part of it failed: $before',
    async ({ family, before, after }, { skip }) => {
      skip(family === 'mariadb' && stage.server.kind !== 'mariadb', 'only MariaDB has it');
      await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
      await stage.makeProcedure(
        'stage_insert_then_wait',
        'BEGIN SET SESSION innodb_lock_wait_timeout = 1; INSERT INTO stage_rows (id) VALUES (id); UPDATE stage_keyed SET writes = 2 WHERE stage_keyed.id = 1; END',
        'IN id INT',
      );
      await stage.lockKeyed(1);
      const senders = Object.entries(await open());
      const told = await Promise.all(
        senders.map(async ([name, send], index) => {
          const { errno, outcome } = classify(
            await failureOf(send(`${before}CALL stage_insert_then_wait(${index})${after}`)),
          );
          return { name, errno, outcome };
        }),
      );
      // The error itself does not say that its statement was a CALL: who has no evidence beside it may take it for one that undoes.
      const outcomeOf = (name: string) => (name === foreignBinding.name ? expect.any(String) : 'failed');
      expect(told).toEqual(senders.map(([name]) => ({ name, errno: 1205, outcome: outcomeOf(name) })));
      expect((await stage.rows()).toSorted((a, b) => a - b)).toEqual(senders.map((_, index) => index));
    },
  );
});

describe('SET STATEMENT ... FOR', unhurried, () => {
  const stage = useStage('kinds-set-statement');
  beforeEach(({ skip }) => skip(stage.server.kind !== 'mariadb', 'only MariaDB has it'));
  const limit = 'SET STATEMENT innodb_lock_wait_timeout = 1';

  test('one UPDATE that says how long it waits for a lock is not sent again', async () => {
    await stage.server.admin('INSERT INTO stage_keyed (id) VALUES (1)');
    await stage.lockKeyed(1);
    const retried: unknown[] = [];
    const pool = withResilience(stage.closing(createPool(stage.direct())), {
      ...fast,
      onRetry: ({ failure }) => retried.push(failure.errno),
    });
    const error = await failureOf(pool.query(`${limit} FOR UPDATE stage_keyed SET writes = 2 WHERE id = 1`));
    expect(classify(error)).toMatchObject({ errno: 1205, outcome: 'rolled-back', kind: 'limit' });
    expect(retried).toEqual([]);
  });
});

describe('what stands in a text is what the server finds there', unhurried, () => {
  const stage = useStage('kinds-texts');
  /** In which mode what is several statements. */
  const modes = [
    ['', 'SELECT 1; SELECT 2'],
    ['NO_BACKSLASH_ESCAPES', "SELECT 'a\\'; SELECT 2; -- '"],
    ['ANSI_QUOTES', 'SELECT 1 AS "a\\"; SELECT 2; -- "'],
  ] as const;

  const texts = [
    'SELECT 1; SELECT 2',
    'SELECT 1;; SELECT 2',
    'SELECT 1; /* a */ -- b\n;',
    "SELECT 'a;b', `a;b` FROM (SELECT 1 AS `a;b`) AS t",
    "SELECT 'it''s; b'",
    "SELECT 'a\\'; SELECT 2; -- '",
    'SELECT 1 AS "a\\"; SELECT 2; -- "',
    'SELECT 1 /* ; SELECT 2 */ # ; a\n-- ; b',
    'SELECT 1 --; SELECT 2',
    'SELECT 1 /*/ ; */ + 1',
    'SELECT 1 /*! ; SELECT 2 */',
    "SELECT 'été; é\\n'",
    "SELECT '\\\\'; SELECT '\\\\'",
  ];

  /** How many results with rows the server has for it. */
  const answersTo = async (pool: Pool, text: string) => {
    const [rows] = await pool.query<RowDataPacket[] | RowDataPacket[][]>(text).catch(() => [[]]);
    return Array.isArray(rows[0]) ? rows.filter((row) => Array.isArray(row)).length : 1;
  };

  test.each(modes)('with sql_mode=%j', async (mode, several) => {
    const pool = stage.closing(createPool({ ...stage.direct(), multipleStatements: true, connectionLimit: 1 }));
    await pool.query('SET sql_mode = ?', [mode]);
    for (const text of texts) {
      if (text === several) expect(await answersTo(pool, text)).toBe(2);
      const { isSeveral } = readStatementKind(text, { multipleStatements: true });
      const answers = await answersTo(pool, text);
      // It is not always told that it is one: that would depend on the mode.
      expect([text, isSeveral ? answers : Math.min(answers, 1)]).toEqual([text, answers]);
    }
  });

  test.each(['query', 'execute'] as const)(
    'a second statement makes %s() fail as a whole where several are not allowed',
    async (method) => {
      const pool = stage.closing(createPool(stage.direct()));
      for (const end of ['; COMMIT', '; INSERT INTO stage_rows (id) VALUES (2)', ' -- a\n; SELECT 1']) {
        const text = `INSERT INTO stage_rows (id) VALUES (1)${end}`;
        const failure = failureOf(method === 'query' ? pool.query(text) : pool.execute(text));
        expect(await failure).toMatchObject({ errno: 1064 });
      }
      expect(await stage.rows()).toEqual([]);
    },
  );
});

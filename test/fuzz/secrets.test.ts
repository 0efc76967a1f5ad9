import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool, type PoolOptions } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withResilience as withResilientDrizzle } from '../../adapters/drizzle/index.ts';
import { createLedger, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { causesOf } from '../../src/error-facts.ts';
import { isGoneAwayError, type ResilienceOptions, retryPolicy, type TransactionOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { breakCommit } from '../support/ledger/stage-ledger.ts';
import { createPrismaMariaDb } from '../support/prisma/prisma-mariadb.ts';
import { everythingOf, type Recording, recordEverything } from '../support/proxy/record-everything.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** Each of them is unlike everything else that may be printed. */
const secrets = {
  parameter: 'SECRETparameter',
  literal: 'SECRETliteral',
  row: 'SECRETrow',
  key: 'SECRETkey',
  password: 'SECRETpassword',
} as const;

const select = `SELECT note, '${secrets.literal}' AS l FROM notes WHERE note <> ?`;
const insert = `INSERT INTO notes (note, more) VALUES (?, '${secrets.literal}')`;

interface Client {
  read(): Promise<unknown>;
  write(note?: string): Promise<unknown>;
  /** One write in a transaction. */
  transaction(options?: TransactionOptions): Promise<unknown>;
}

interface Binding extends Client {
  end(): Promise<unknown>;
}

/** It has no pool of ours, and no ledger. */
const foreign = 'Prisma on its own adapter';

const bindings: Readonly<Record<string, (connection: PoolOptions, policy: ResilienceOptions) => Binding>> = {
  'promise pool': (connection, policy) => {
    const pool = withResilience(createPool(connection), policy);
    return {
      read: () => pool.query(select, [secrets.parameter]),
      write: (note = secrets.parameter) => pool.query(insert, [note]),
      transaction: (options) =>
        transaction(pool, async (tx) => void (await tx.query(insert, [secrets.parameter])), options),
      end: () => pool.end(),
    };
  },
  'callback pool': (connection, policy) => {
    const pool = withResilience(createCallbackPool(connection), policy);
    const execute = (text: string, note: string) =>
      new Promise((resolve, reject) => {
        pool.execute(text, [note], (error: unknown, rows: unknown) => (error ? reject(error) : resolve(rows)));
      });
    return {
      read: () => execute(select, secrets.parameter),
      write: (note = secrets.parameter) => execute(insert, note),
      transaction: (options) =>
        transaction(pool, async (tx) => void (await tx.execute(insert, [secrets.parameter])), options),
      end: () => new Promise<void>((resolve) => pool.end(() => resolve())),
    };
  },
  Drizzle: (connection, policy) => {
    const pool = createPool(connection);
    const db = withResilientDrizzle(drizzle(pool), policy);
    const inserting = (note: string) =>
      sql`INSERT INTO notes (note, more) VALUES (${note}, ${sql.raw(`'${secrets.literal}'`)})`;
    return {
      read: async () => db.execute(sql`SELECT note FROM notes WHERE note <> ${secrets.parameter}`),
      write: async (note = secrets.parameter) => db.execute(inserting(note)),
      transaction: (options) =>
        db.transaction(async (tx) => void (await tx.execute(inserting(secrets.parameter))), options),
      end: () => pool.end(),
    };
  },
  Prisma: ({ host, port, user, password, database }, policy) => {
    const url = `mysql://${user}:${password}@${host}:${port}/${database}?connectTimeout=400`;
    return prismaOn(new PrismaMySQL2(url, { policy }), policy);
  },
  [foreign]: (connection, policy) =>
    prismaOn(
      createPrismaMariaDb(connection, { connectionLimit: 2, acquireTimeout: 1_000, connectTimeout: 400 }),
      policy,
    ),
};

function prismaOn(adapter: PrismaMySQL2 | ReturnType<typeof createPrismaMariaDb>, policy: ResilienceOptions): Binding {
  const prisma = new PrismaClient({ adapter }).$extends(resilience(retryPolicy(policy)));
  return {
    read: async () => prisma.$queryRawUnsafe(select, secrets.parameter),
    write: async (note = secrets.parameter) => prisma.$executeRawUnsafe(insert, note),
    transaction: (options) =>
      prisma.$transaction(async (tx) => void (await tx.$executeRawUnsafe(insert, secrets.parameter)), options),
    end: () => prisma.$disconnect(),
  };
}

/** The SQL that a driver's error has, wherever in its chain. */
function statementsOf(error: unknown): string {
  return causesOf(error)
    .map((link) => (link as { sql?: unknown }).sql)
    .join();
}

describe.each(Object.entries(bindings))(
  'no secret of the application leaves this package: %s',
  unhurried,
  (name, create) => {
    const stage = useStage('secrets');
    const isForeign = name === foreign;
    const noLedger = 'there is a ledger where the adapter is ours';
    let recording: Recording;
    let connection: PoolOptions;

    const open = (policy: ResilienceOptions = {}, own: PoolOptions = {}): Binding =>
      stage.closing(create({ ...connection, ...own }, { ...recording.hooks, ...policy }));

    beforeEach(async () => {
      recording = recordEverything();
      const admin = (text: string, values: readonly unknown[] = []) => stage.server.admin(text, values);
      await admin('DROP TABLE IF EXISTS notes');
      await admin('CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(50) UNIQUE, more TEXT)');
      await admin('INSERT INTO notes (note) VALUES (?)', [secrets.row]);
      await admin("DROP USER IF EXISTS 'keeper'@'%'");
      await admin(`CREATE USER 'keeper'@'%' IDENTIFIED BY '${secrets.password}'`);
      await admin("GRANT ALL ON app.* TO 'keeper'@'%'");
      await admin('DROP TABLE IF EXISTS gone_away_ledger');
      connection = { ...stage.proxied(), user: 'keeper', password: secrets.password, connectionLimit: 2 };
    });
    afterEach(() => recording.stop());

    /** The error, which is ours, and shows nothing in whichever way it is logged. */
    async function expectSilent(work: Promise<unknown>, code: string): Promise<void> {
      const error = await failureOf(work);
      expect(error).toMatchObject({ code: `ERR_GONE_AWAY_${code}` });
      expect(isGoneAwayError(error)).toBe(true);
      expect(everythingOf(error)).not.toContain('SECRET');
      expect(recording.text()).not.toContain('SECRET');
    }

    /** Resets the connection in the moment in which the server answers a statement with this text. */
    function losing(text: string): void {
      const asking = new Set<number>();
      stage.proxy.onClientData((chunk, { id }) => {
        if (chunk.includes(text)) asking.add(id);
        return 'forward';
      });
      stage.proxy.onServerData((_, lost) => {
        if (!asking.has(lost.id)) return 'forward';
        lost.reset();
        return 'swallow';
      });
    }

    test('a write whose answer is lost', async () => {
      const client = open();
      await client.read();
      losing(name === 'Drizzle' || name === 'promise pool' ? 'INSERT' : secrets.parameter);
      await expectSilent(client.write(), 'OUTCOME_UNKNOWN');
      expect(recording.counts['gone-away:outcome-unknown']).toBeGreaterThan(0);
    });

    test('a read that is lost each time', async () => {
      const client = open({ retries: 2, minTimeout: 1, maxTimeout: 2 });
      await client.write('another');
      losing('SELECT');
      const error = await failureOf(client.read());
      const { errors, cause } = error as { errors?: readonly unknown[]; cause?: unknown };
      // What is hidden is there for who asks.
      expect(errors).toHaveLength(3);
      expect(cause).toBe(errors?.at(-1));
      await expectSilent(Promise.reject(error), 'RETRIES_EXHAUSTED');
      expect(recording.counts).toMatchObject({
        'gone-away:retry': expect.any(Number),
        'gone-away:retries-exhausted': expect.any(Number),
      });
    });

    test('a write, and a transaction, that get no answer in time', async () => {
      const client = open({ attemptTimeout: 150 });
      await client.read();
      const root = await stage.asRoot(async (connectionOfRoot) => {
        await connectionOfRoot.query('LOCK TABLES notes WRITE');
        await expectSilent(client.write(), 'OUTCOME_UNKNOWN');
        // Nothing ends a statement inside a transaction of an adapter that is not ours.
        if (isForeign) return undefined;
        const error = await failureOf(client.transaction());
        expect(recording.text()).not.toContain('SECRET');
        return error;
      });
      // In a transaction the caller's own callback failed, with what the ORM makes of it: that is theirs.
      if (isGoneAwayError(root)) expect(everythingOf(root)).not.toContain('SECRET');
    });

    test('a write, and a transaction that runs again, that wait in vain for a lock each time', async ({ skip }) => {
      skip(!stage.server.controllable, 'the time for locks is set for all sessions');
      await stage.server.admin('SET GLOBAL innodb_lock_wait_timeout = 1');
      stage.after(() => stage.server.admin('SET GLOBAL innodb_lock_wait_timeout = 50'));
      const client = open({ retries: 1, minTimeout: 1, maxTimeout: 2 });
      await stage.asRoot(async (root) => {
        await root.query('BEGIN');
        await root.query('INSERT INTO notes (note) VALUES (?)', [secrets.parameter]);
        for (const work of [() => client.write(), () => client.transaction({ rerun: true })]) {
          const error = await failureOf(work());
          const { errors } = error as { errors?: readonly unknown[] };
          expect(errors).toHaveLength(2);
          await expectSilent(Promise.reject(error), 'RETRIES_EXHAUSTED');
          // Who asks for the statement by its name still gets it, where the driver names it.
          if (isForeign) continue;
          for (const failed of errors ?? []) expect(statementsOf(failed)).toContain(secrets.literal);
        }
      });
    });

    test('a COMMIT that got no answer', async () => {
      const client = open({ retries: 0 });
      const told = later(client.transaction());
      if (isForeign) losing('COMMIT');
      else await breakCommit(stage, 'executed');
      await expectSilent(told, 'OUTCOME_UNKNOWN');
    });

    test('a COMMIT that is proven not to have been applied', async ({ skip }) => {
      skip(isForeign, noLedger);
      await createLedger(stage.closing(createPool(connection)));
      const client = open({ retries: 0 });
      const told = later(client.transaction({ idempotencyKey: secrets.key }));
      await breakCommit(stage, 'lost on its way');
      await expectSilent(told, 'NOT_COMMITTED');
      expect(recording.counts['gone-away:commit-settled']).toBe(1);
    });

    test('a ledger that is not there', async ({ skip }) => {
      skip(isForeign, noLedger);
      await expectSilent(open().transaction({ idempotencyKey: secrets.key }), 'LEDGER');
    });

    test('a server that cannot be reached', async () => {
      const client = open({ acquireTimeout: 200, maxRetryTime: 200 });
      await client.read();
      stage.proxy.resetAll();
      stage.proxy.set('refuse');
      const error = await failureOf(client.write());
      expect(everythingOf(error)).not.toContain('SECRET');
      expect(recording.text()).not.toContain('SECRET');
      // The pool tells of that.
      if (!isForeign) expect(recording.counts['gone-away:server-down']).toBeGreaterThan(0);
    });

    test('a password that is refused', async () => {
      const error = await failureOf(open({}, { password: `${secrets.password}wrong` }).read());
      expect(everythingOf(error)).not.toContain(secrets.password);
      expect(recording.text()).not.toContain(secrets.password);
    });

    test("an ordinary error of the server is the ORM's own, and says what the server says; nothing else does", async () => {
      const client = open();
      const error = await failureOf(client.write(secrets.row));
      expect(isGoneAwayError(error)).toBe(false);
      expect(everythingOf(error)).toContain(secrets.row);
      expect(recording.text()).not.toContain('SECRET');
    });
  },
);

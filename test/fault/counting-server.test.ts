import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withResilience as withResilientDatabase } from '../../adapters/drizzle/index.ts';
import { OutcomeUnknownError, type Resilient, transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { type CountingServer, MockServer, startCountingProxy } from '../support/mysql2/counting-server.ts';
import { createPrismaOn } from '../support/prisma/prisma-on.ts';
import { patient, type Stage, unhurried, useStage } from '../support/stage.ts';

const insert = (id: number) => `INSERT INTO stage_rows (id) VALUES (${id})`;
const read = 'SELECT id FROM stage_rows ORDER BY seq';
const idsOf = (rows: unknown) => (rows as { id: number }[]).map(({ id }) => id);

/** The warnings of gone-away, and the lines that mysql2 prints about the numbers of a server. */
function recordWarnings(): { readonly warnings: readonly string[]; readonly printed: readonly string[] } {
  // Of the whole process: each test is to see its own.
  Reflect.deleteProperty(globalThis, Symbol.for('gone-away.mysql2-warnings'));
  const [warnings, printed]: [string[], string[]] = [[], []];
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    if ((options as { code?: string } | undefined)?.code === 'GONE_AWAY_MYSQL2') warnings.push(String(message));
  });
  vi.spyOn(console, 'error').mockImplementation((line) => {
    // The server is in this process as well, and wonders about the commands: each of them has the number 0.
    if (!String(line).endsWith('received 0')) printed.push(String(line));
  });
  return { warnings, printed };
}

function open(stage: Stage, options: PoolOptions, policy: ResilienceOptions = {}): Resilient<Pool> {
  return stage.closing(withResilience(createPool({ ...options, connectionLimit: 3 }), { minTimeout: 0, ...policy }));
}

describe("a mock server made with mysql2's createServer()", unhurried, () => {
  const stage = useStage('mock-server');
  let server: MockServer;
  let told: ReturnType<typeof recordWarnings>;

  beforeEach(async () => {
    told = recordWarnings();
    server = new MockServer();
    await server.start();
    stage.after(() => server.close());
    stage.after(async () => void vi.restoreAllMocks());
  });

  test('works as on the bare pool, with one warning of the process', async () => {
    const pool = open(stage, server.options);
    for (const id of [1, 2]) await pool.query(insert(id));
    expect(idsOf((await pool.query(read))[0])).toEqual([1, 2]);
    await pool.execute('INSERT INTO stage_rows (id) VALUES (?)', ['3']);
    expect(idsOf((await pool.execute(read))[0])).toEqual([1, 2, 3]);
    await transaction(pool, async (tx) => {
      await tx.query(insert(4));
      expect(idsOf((await tx.query(read))[0])).toEqual([1, 2, 3, 4]);
    });
    const held = await pool.getConnection();
    await held.query(insert(5));
    await held.query(insert(6));
    held.release();
    await Promise.all(Array.from({ length: 9 }, () => pool.query(read)));
    await expect(pool.query('FAIL')).rejects.toMatchObject({ errno: 1064 });
    expect(server.ids).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told.warnings).toEqual([expect.stringContaining('does not number its packets anew')]);
    expect(told.printed).toEqual([]);
  });

  test('works with a callback pool, its events and its listeners', async () => {
    const core = createCallbackPool({ ...server.options, connectionLimit: 1 });
    core.on('connection', (connection) => void connection.query('SET NAMES utf8mb4'));
    const pool = withResilience(core, { minTimeout: 0 });
    stage.closing(core.promise());
    await new Promise<void>((resolve, reject) => {
      pool.query(insert(1), (error) => (error ? reject(error) : resolve()));
    });
    const rows = await new Promise<unknown[]>((resolve, reject) => {
      const found: unknown[] = [];
      pool
        .query(read)
        .on('result', (row) => found.push(row))
        .on('error', reject)
        .on('end', () => resolve(found));
    });
    expect(idsOf(rows)).toEqual([1]);
  });

  test('is not sent a write again that was under way when it hung up, and is a read', async () => {
    const pool = open(stage, server.options);
    await pool.query(insert(1));
    let hangUps = 2;
    server.onStatement = (_, { stream }) => {
      if (hangUps === 0) return false;
      hangUps -= 1;
      stream.destroy();
      return true;
    };
    expect(await failureOf(pool.query(insert(2)))).toBeInstanceOf(OutcomeUnknownError);
    expect(idsOf((await pool.query(read))[0])).toEqual([1]);
    expect([server.received(insert(2)), server.received(read)]).toEqual([1, 2]);
  });

  test('is not believed where it loses count in the middle of an answer: the read is sent again', async () => {
    const pool = open(stage, server.options);
    await pool.query(insert(1));
    let isLosing = true;
    server.onStatement = (sql, connection) => {
      if (sql !== read || !isLosing) return false;
      isLosing = false;
      const { writePacket } = connection;
      let written = 0;
      connection.writePacket = (packet) => {
        written += 1;
        if (written === 3) connection.sequenceId += 1;
        writePacket.call(connection, packet);
      };
      return false;
    };
    expect(idsOf((await pool.query(read))[0])).toEqual([1]);
    expect(server.received(read)).toBe(2);
  });
});

const stageRows = mysqlTable('stage_rows', { seq: int().autoincrement().primaryKey(), id: int().notNull() });

describe("a proxy made with mysql2's createServer()", unhurried, () => {
  const stage = useStage('counting_proxy');
  let proxy: CountingServer;
  let told: ReturnType<typeof recordWarnings>;

  beforeEach(async () => {
    told = recordWarnings();
    proxy = await startCountingProxy(stage.direct());
    stage.after(() => proxy.close());
    stage.after(async () => void vi.restoreAllMocks());
  });

  test('works as on the bare pool, with one warning of the process', async () => {
    const pool = open(stage, proxy.options);
    await pool.query(insert(1));
    await pool.execute('INSERT INTO stage_rows (id) VALUES (?)', [2]);
    await transaction(pool, async (tx) => {
      await tx.query(insert(3));
      expect(idsOf((await tx.execute(read))[0])).toEqual([1, 2, 3]);
    });
    const failed = transaction(pool, async (tx) => {
      await tx.query(insert(4));
      throw new Error('of the callback');
    });
    await expect(failed).rejects.toThrow('of the callback');
    expect(idsOf((await pool.query(read))[0])).toEqual([1, 2, 3]);
    expect(told).toEqual({ warnings: [expect.stringContaining('does not number its packets anew')], printed: [] });
  });

  test('works for Drizzle', async () => {
    const db = withResilientDatabase(drizzle(stage.closing(createPool({ ...proxy.options, connectionLimit: 3 }))));
    await db.insert(stageRows).values({ id: 1 });
    await db.transaction(async (tx) => {
      await tx.insert(stageRows).values({ id: 2 });
      expect(await tx.select({ id: stageRows.id }).from(stageRows)).toEqual([{ id: 1 }, { id: 2 }]);
    });
    expect(await stage.rows()).toEqual([1, 2]);
  });

  test('works for PrismaMySQL2', async () => {
    const { prisma, close } = await createPrismaOn({ ...proxy.options, connectionLimit: 3 });
    stage.after(close);
    await prisma.$executeRaw`INSERT INTO stage_rows (id) VALUES (${1})`;
    await prisma.$transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO stage_rows (id) VALUES (${2})`;
      expect(await tx.$queryRawUnsafe(read)).toEqual([{ id: 1 }, { id: 2 }]);
    });
    expect(await stage.rows()).toEqual([1, 2]);
  });

  test('leaves a write unknown whose session was killed in the middle, and a read is sent again', async () => {
    const pool = open(stage, proxy.options);
    await pool.query(insert(1));
    const unlock = await stage.lock();
    const failed = failureOf(pool.query(insert(2)));
    const [writing] = await stage.inFlight(1);
    await stage.server.killThread(writing as number);
    expect(await failed).toBeInstanceOf(OutcomeUnknownError);
    const found = later(pool.query(read));
    const [reading] = await stage.inFlight(1);
    await stage.server.killThread(reading as number);
    await expect.poll(() => stage.inFlight(1).then(([thread]) => thread), patient).not.toBe(reading);
    await unlock();
    expect(idsOf((await found)[0])).toEqual([1]);
    expect(await stage.rows()).toEqual([1]);
  });

  test('leaves a transaction unknown that was lost in its middle: it is not run again', async () => {
    const pool = open(stage, proxy.options);
    await pool.query(insert(1));
    const unlock = await stage.lockRows();
    let runs = 0;
    const failed = failureOf(
      transaction(
        pool,
        async (tx) => {
          runs += 1;
          await tx.query(insert(2));
        },
        { rerun: true },
      ),
    );
    const [thread] = await stage.inFlightBehindRow();
    await stage.server.killThread(thread as number);
    expect(await failed).toBeInstanceOf(OutcomeUnknownError);
    await unlock();
    expect({ runs, rows: await stage.rows() }).toEqual({ runs: 1, rows: [1] });
  });

  test('does not hand on a transaction that was left open', async () => {
    const pool = open(stage, { ...proxy.options });
    const held = await pool.getConnection();
    await held.query('BEGIN');
    await held.query(insert(1));
    held.release();
    await pool.query(insert(2));
    expect(await stage.rows()).toEqual([2]);
  });
});

describe('a server that numbers its packets anew', unhurried, () => {
  const stage = useStage('disordered');

  // Of the first answer or of the second, behind one way to authenticate or another.
  test.each([4, 5, 6, 7])(
    'is not taken for one that counts on when its second answer has number %i',
    async (number) => {
      const told = recordWarnings();
      stage.after(async () => void vi.restoreAllMocks());
      const pool = open(stage, stage.proxied());
      await pool.query('DO 1');
      let changed = 0;
      stage.proxy.onServerData((chunk) => {
        if (chunk.length > 4 && chunk[3] === 1 && changed === 0) {
          chunk[3] = number;
          changed += 1;
        }
        return 'forward';
      });
      expect(await failureOf(pool.query(insert(1)))).toBeInstanceOf(OutcomeUnknownError);
      expect(changed).toBe(1);
      expect(await stage.rows()).toEqual([1]);
      expect(told.warnings).toEqual([]);
    },
  );
});

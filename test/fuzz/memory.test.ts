import { createPool } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import { isFittingAnswer } from '../../adapters/mysql2/pool/fitting-answer.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import {
  attachEvidence,
  attachKill,
  callPolicy,
  classify,
  Executor,
  isSafeRead,
  type Operation,
  readStatementKind,
  retryPolicy,
} from '../../src/internal.ts';
import { collectGarbage, growthOf } from '../support/fuzz/heap.ts';
import { HostileServer } from '../support/fuzz/hostile-server.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** In megabytes: what compiled code and the like may take. What the work would leave if it were kept is many times as much. */
const unsuspicious = 12;

/** A statement of its own for each number, of about a kilobyte. */
const statement = (number: number) => `SELECT ${number} AS one /* ${`${number} `.repeat(150)} */`;

/** Of nine. */
const long = (number: number) => `${statement(number)} /* ${'x'.repeat(8_000)}${number} */`;

describe('what only computes keeps nothing', () => {
  it('of a hundred thousand statements', async () => {
    const growth = await growthOf(() => {
      for (let number = 0; number < 100_000; number += 1) {
        const sql = statement(number);
        // The long way only for some: they all go through the same code.
        if (number % 20 === 0) isSafeRead(sql);
        readStatementKind(sql, { multipleStatements: false });
        isFittingAnswer(sql, []);
      }
    });
    expect(growth).toBeLessThan(unsuspicious);
  });

  it('of two hundred thousand errors, with evidence and fences', async () => {
    const growth = await growthOf(async () => {
      for (let number = 0; number < 200_000; number += 1) {
        const error = Object.assign(new Error('lost'), { code: 'ECONNRESET', number });
        attachEvidence(error, {
          progress: 'written',
          rollsBack: false,
          atomic: true,
          commits: false,
          abandoned: false,
        });
        attachKill(error, async () => 'gone');
        if (number % 50 === 0) classify(new Error('wrapped', { cause: error }));
      }
    });
    expect(growth).toBeLessThan(unsuspicious);
  });

  it('of ten thousand operations that failed, through one executor', async () => {
    const policy = retryPolicy({ retries: 1, minTimeout: 0, maxTimeout: 0, budget: false });
    const executor = new Executor(policy);
    const write: Operation = {
      kind: 'statement',
      idempotent: false,
      isSafeRead: () => true,
      isHandedOver: () => false,
    };
    const growth = await growthOf(async () => {
      for (let number = 0; number < 10_000; number += 1) {
        const big = statement(number).repeat(2);
        const work = async () => {
          throw Object.assign(new Error('lost'), { code: 'ECONNRESET', big });
        };
        await executor.run(write, callPolicy(policy, { idempotent: true }), work).catch(() => {});
      }
    });
    expect(growth).toBeLessThan(unsuspicious);
  });
});

describe('a pool keeps nothing', unhurried, () => {
  const stage = useStage('memory', ['--max-prepared-stmt-count=1000']);

  it('of thousands of statements, each unlike the others', async () => {
    const pool = withResilience(stage.closing(createPool({ ...stage.direct(), connectionLimit: 2 })));
    const run = async (from: number, count: number) => {
      for (let number = from; number < from + count; number += 1) await pool.query(long(number));
    };
    await run(0, 200);
    // mysql2 itself keeps the text of none of these, only the shape of their rows.
    expect(await growthOf(() => run(200, 4_000))).toBeLessThan(unsuspicious);
  });

  it('of thousands of prepared statements, each unlike the others; nor does the server', async () => {
    const pool = stage.closing(createPool({ ...stage.direct(), connectionLimit: 1 }));
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool) }).$extends(resilience());
    stage.after(() => prisma.$disconnect());
    const run = async (from: number, count: number) => {
      for (let number = from; number < from + count; number += 1) await prisma.$queryRawUnsafe(long(number));
    };
    // As many as stay prepared.
    await run(0, 300);
    expect(await growthOf(() => run(300, 2_500))).toBeLessThan(unsuspicious);
    const [status] = await stage.server.admin<{ Value: string }[]>("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    expect(Number(status?.Value)).toBeLessThan(300);
  });

  it('of thousands of transactions and options', async () => {
    const pool = withResilience(stage.closing(createPool({ ...stage.direct(), connectionLimit: 2 })));
    const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool) }).$extends(resilience());
    stage.after(() => prisma.$disconnect());
    const run = async (count: number) => {
      for (let number = 0; number < count; number += 1) {
        const text = statement(number);
        await transaction(pool.$resilience({ maxRetryTime: number + 1_000 }), (tx) => tx.query(text));
        const failing = transaction(pool, async (tx) => void (await tx.query(`SELECT ${text}`)), { rerun: true });
        await failing.catch(() => {});
        if (number % 10 === 0) {
          await prisma.$transaction((tx) => tx.$queryRawUnsafe(text), { rerun: true });
          await prisma.$transaction((tx) => tx.$queryRawUnsafe(`SELECT ${text}`)).catch(() => {});
        }
      }
    };
    await run(100);
    expect(await growthOf(() => run(600))).toBeLessThan(unsuspicious);
  });
});

it('a pool keeps nothing of a connection that was lost', async () => {
  const server = await HostileServer.start();
  const { host, port } = server;
  const bare = createPool({ host, port, user: 'u', database: 'd', connectionLimit: 3 });
  const pool = withResilience(bare, { minTimeout: 0, maxTimeout: 1, budget: false });
  const connections: WeakRef<object>[] = [];
  bare.pool.on('connection', (connection: object) => connections.push(new WeakRef(connection)));
  for (let losses = 0; losses < 50; losses += 1) {
    server.misbehave('query', () => ['rst'], 1);
    await pool.query('SELECT id FROM t');
  }
  expect(connections.length).toBeGreaterThan(50);
  await collectGarbage();
  const alive = connections.filter((connection) => connection.deref() !== undefined);
  // Those of the pool, and what the last few promises and sockets still hold.
  expect(alive.length).toBeLessThan(15);
  await pool.end();
  await server.close();
});

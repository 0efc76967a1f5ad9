import { createPool, type PoolOptions } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { createTables } from '../../prisma/tables.ts';
import { classify, OutcomeUnknownError, type RetryEvent } from '../../src/index.ts';
import { failureOf, messagesOf } from '../contract/outcome.ts';
import { largeWrites } from '../support/mysql2/large-statements.ts';
import { createPrismaMariaDb } from '../support/prisma/prisma-mariadb.ts';
import { unhurried, useStage } from '../support/stage.ts';

const limit = 1_048_576;

describe('a statement that is larger than `max_allowed_packet`', unhurried, () => {
  const stage = useStage('packet-limit', [`--max-allowed-packet=${limit}`]);

  beforeAll(async () => {
    await stage.server.admin('CREATE TABLE stage_blobs (data LONGBLOB)');
    await createTables((sql) => stage.server.admin(sql));
  });

  function open(options: PoolOptions = {}) {
    const retried: RetryEvent[] = [];
    const pool = createPool({ ...stage.direct(), connectionLimit: 1, ...options });
    return {
      pool: stage.closing(withResilience(pool, { onRetry: (event) => retried.push(event) })),
      retried,
    };
  }

  const countRows = async () =>
    await stage.server.admin(
      'SELECT (SELECT COUNT(*) FROM stage_blobs) AS blobs, (SELECT COUNT(*) FROM all_types) AS types',
    );

  // The error of the server is read; the server closes the connection first; much of it never leaves this process.
  const sizes = [limit + 10_000, 4_000_000, 20_000_000];

  describe.each(largeWrites)('$way', ({ way, open: openWay }) => {
    test.each(sizes)(
      'is not executed, not sent again, and its error names the limit and the size: %d',
      async (size) => {
        const retried: RetryEvent[] = [];
        const policy = { onRetry: (event: RetryEvent) => retried.push(event) };
        const sender = stage.closing(openWay({ ...stage.direct(), connectionLimit: 1 }, policy));
        await sender.ask();
        const error = await failureOf(sender.send(Buffer.alloc(size, 'x')));
        // Drizzle's own message has the statement in it.
        const words = messagesOf(error).map((message) => message.slice(-200));
        expect(
          words.filter((message) => /'max_allowed_packet' bytes: the statement has \d+/.test(message)),
          words.join('; '),
        ).not.toEqual([]);
        expect(classify(error)).toMatchObject({ outcome: 'not-executed', kind: 'limit', errno: 1153 });
        expect(error).toMatchObject(
          way.startsWith('Prisma')
            ? { name: 'PrismaClientKnownRequestError', code: way.endsWith('create') ? 'P2039' : 'P2010' }
            : way.startsWith('Drizzle')
              ? { cause: { code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 } }
              : { code: 'ER_NET_PACKET_TOO_LARGE', errno: 1153 },
        );
        expect(retried).toEqual([]);
        expect(await countRows()).toEqual([{ blobs: 0, types: 0 }]);
        await sender.ask();
      },
    );
  });

  const insert = 'INSERT INTO stage_blobs (data) VALUES (?)';

  test('names the limit, too, in the words of the server, once that was asked for', async () => {
    const { pool } = open();
    const send = (size: number) => failureOf(pool.execute(insert, [Buffer.alloc(size, 'x')]));
    await send(20_000_000);
    // What gone-away says in the place of the server has a cause.
    let told = await send(limit + 1_000);
    while (told.cause !== undefined) told = await send(limit + 1_000);
    expect(told.message).toMatch(/the statement has 1049\d\d\d, and the server takes 1048576$/);
  });

  test('also where it is compressed on its way', async () => {
    const { pool, retried } = open({ compress: true });
    const error = await failureOf(pool.execute(insert, [Buffer.alloc(4_000_000, 'x')]));
    expect(error).toMatchObject({ code: 'ER_NET_PACKET_TOO_LARGE' });
    expect(error.message).toMatch(/the statement has 4000\d\d\d/);
    expect(retried).toEqual([]);
  });

  test('also a read over TLS, where nobody can know what of it has left this process', async () => {
    const { pool, retried } = open({ ssl: { rejectUnauthorized: false } });
    const error = await failureOf(pool.execute('SELECT LENGTH(?)', [Buffer.alloc(20_000_000, 'x')]));
    expect(error).toMatchObject({ code: 'ER_NET_PACKET_TOO_LARGE' });
    expect(retried).toEqual([]);
  });

  test('is a write of unknown outcome over TLS, for the same reason, and is not sent again', async () => {
    const { pool, retried } = open({ ssl: { rejectUnauthorized: false } });
    const error = await failureOf(pool.execute(insert, [Buffer.alloc(20_000_000, 'x')]));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(retried).toEqual([]);
    expect(await countRows()).toEqual([{ blobs: 0, types: 0 }]);
  });

  describe('through the extension on @prisma/adapter-mariadb, which brings no evidence', () => {
    const openForeign = () => {
      const retried: RetryEvent[] = [];
      const adapter = createPrismaMariaDb(stage.direct(), { connectTimeout: 400, acquireTimeout: 3_000 });
      const extension = resilience({ onRetry: (event) => retried.push(event) });
      const prisma = new PrismaClient({ adapter }).$extends(extension);
      stage.after(() => prisma.$disconnect());
      return { prisma, retried };
    };
    const data = Buffer.alloc(4_000_000, 'x');

    test('is a read that is sent three times at most', async () => {
      const { prisma, retried } = openForeign();
      await failureOf(prisma.$queryRaw`SELECT LENGTH(${data})`);
      expect(retried.length).toBeLessThanOrEqual(2);
    });

    test('is a write that is sent once, and of unknown outcome where the driver has not read what the server said', async () => {
      const { prisma, retried } = openForeign();
      const writes = [
        () => prisma.$executeRaw`INSERT INTO stage_blobs (data) VALUES (${data})`,
        () => prisma.allTypes.create({ data: { longBlob: data } }),
      ];
      for (const write of writes) {
        const error = await failureOf(write());
        const known = { kind: 'limit', outcome: 'not-executed', errno: 1153 };
        expect(classify(error)).toMatchObject(error instanceof OutcomeUnknownError ? { outcome: 'unknown' } : known);
      }
      expect(retried).toEqual([]);
      expect(await countRows()).toEqual([{ blobs: 0, types: 0 }]);
    });
  });
});

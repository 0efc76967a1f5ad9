import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { createTables } from '../../prisma/tables.ts';
import type { ResilienceOptions } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { type AdapterName, adapters } from '../support/prisma/extended-client.ts';
import { createPrismaMariaDb } from '../support/prisma/prisma-mariadb.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { type Stage, unhurried, useStage } from '../support/stage.ts';

/** A client whose pool is its own: Prisma ends it with `$disconnect()`. */
function createClient(stage: Stage, adapter: AdapterName, policy: ResilienceOptions = {}) {
  const connection = stage.proxied();
  const own =
    adapter === 'PrismaMySQL2'
      ? new PrismaMySQL2({ ...connection, connectionLimit: 3 })
      : createPrismaMariaDb(connection, { connectionLimit: 3, acquireTimeout: 1_000, connectTimeout: 400 });
  const client = new PrismaClient({ adapter: own });
  stage.after(() => client.$disconnect().catch(() => {}));
  return client.$extends(resilience(policy));
}

type Client = ReturnType<typeof createClient>;

const data = { email: 'last' };

/** What is called just before, and is in the table after that. */
const calls: readonly (readonly [string, (prisma: Client) => Promise<unknown>])[] = [
  ['a model’s operation', (prisma) => prisma.user.create({ data })],
  ['a raw statement', (prisma) => prisma.$executeRaw`INSERT INTO user (email, updated_at) VALUES ('last', NOW())`],
  ['a batch', (prisma) => prisma.$transaction([prisma.user.create({ data }), prisma.user.count()])],
  ['one with options of its own', (prisma) => prisma.$resilience({ retries: 2 }).user.create({ data })],
  [
    'one through another extension',
    (prisma) => prisma.$extends({ query: { $allOperations: ({ args, query }) => query(args) } }).user.create({ data }),
  ],
];

describe.each(adapters)('$disconnect(), %s', unhurried, (adapter) => {
  const stage = useStage(`prisma-disconnect-${adapter}`);
  beforeAll(() => withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql))));
  beforeEach(() => stage.server.admin('DELETE FROM user'));

  const noConnections = () => expect.poll(() => stage.server.threads(), { timeout: 15_000 }).toEqual([]);

  describe.each([
    ['the very first call of a client', false],
    ['a call of a client that is connected', true],
  ])('in the same turn as %s', (_what, isConnected) => {
    test.each(calls)('the call gets its answer, and no connection is left: %s', async (_name, send) => {
      const prisma = createClient(stage, adapter);
      if (isConnected) await prisma.user.count();
      // An operation of Prisma begins when somebody waits for it.
      const sent = send(prisma).then(() => 'answered');
      await prisma.$disconnect();
      expect(await sent).toBe('answered');
      await noConnections();
      await withConnection(stage.direct(), async (connection) => {
        expect((await connection.query('SELECT email FROM user'))[0]).toEqual([{ email: 'last' }]);
      });
    });
  });

  test('what waits for a server that is away is not tried again, and connects no more', async () => {
    let pauses = 0;
    const prisma = createClient(stage, adapter, {
      minTimeout: 1_000,
      maxTimeout: 1_000,
      onRetry: () => {
        pauses += 1;
      },
    });
    await prisma.user.count();
    stage.proxy.set('refuse');
    stage.proxy.resetAll();
    const { accepted } = stage.proxy;
    const sent = failureOf(prisma.user.count());
    // Another adapter has given the call up by then, and the extension is to make it again.
    const isWaiting = () => (adapter === 'PrismaMySQL2' ? stage.proxy.accepted > accepted : pauses > 0);
    await expect.poll(isWaiting, { timeout: 15_000, interval: 5 }).toBe(true);
    const disconnected = prisma.$disconnect();
    stage.proxy.set('pass');
    await disconnected;
    expect(await sent).toBeInstanceOf(Error);
    await noConnections();
  });
});

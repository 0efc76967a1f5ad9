import { beforeAll, describe, expect, test } from 'vitest';
import { createTables } from '../../prisma/tables.ts';
import { classify, isGoneAwayError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { createExtendedClient, type ExtendedClient } from '../support/prisma/extended-client.ts';
import { notOurs } from '../support/server/server.ts';
import { withConnection } from '../support/server/server-admin.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** Of those that may commit a part of their work before they fail, an error proves little. That nothing was sent proves all. */
const statements: readonly (readonly [string, (prisma: ExtendedClient) => Promise<unknown>])[] = [
  ['an INSERT', (prisma) => prisma.$executeRaw`INSERT INTO stage_rows (id) VALUES (1)`],
  ['CALL, as a query', (prisma) => prisma.$queryRaw`CALL write_rows()`],
  ['CALL', (prisma) => prisma.$executeRaw`CALL write_rows()`],
  ['DDL', (prisma) => prisma.$executeRawUnsafe('CREATE TABLE not_created (id INT)')],
  ['TRUNCATE', (prisma) => prisma.$executeRawUnsafe('TRUNCATE stage_rows')],
  ['a batch with a CALL', (prisma) => prisma.$transaction([prisma.$executeRaw`CALL write_rows()`])],
];

describe('what was not sent, because there was no connection for it, on PrismaMySQL2', unhurried, () => {
  const stage = useStage('prisma-refused-statements');

  beforeAll(async () => {
    await withConnection(stage.direct(), (connection) => createTables((sql) => connection.query(sql)));
    await stage.server.admin('DROP PROCEDURE IF EXISTS write_rows');
    await stage.server.admin('CREATE PROCEDURE write_rows() INSERT INTO stage_rows (id) VALUES (1), (2)');
  });

  const open = () => createExtendedClient(stage, 'PrismaMySQL2', { policy: { maxRetryTime: 500 } });

  async function expectNotSent(work: Promise<unknown>): Promise<void> {
    const error = await failureOf(work);
    expect(isGoneAwayError(error) && error.code).toBe('ERR_GONE_AWAY_ACQUIRE_TIMEOUT');
    expect(classify(error)).toMatchObject({ outcome: 'not-executed', stillRunning: false });
  }

  /** CALL is sent: what it does, the server knows. */
  const certainWrites = statements.filter(([name]) => !name.includes('CALL'));

  test.for(certainWrites)('is not unknown: %s, and a server that is read-only', async ([, send], { skip }) => {
    skip(...notOurs(stage.server, 'its settings are not changed'));
    const prisma = open();
    await prisma.user.count();
    await stage.server.admin('SET GLOBAL read_only = 1');
    // Until the first refusal nobody knows.
    await failureOf(prisma.$executeRaw`INSERT INTO stage_rows (id) VALUES (0)`);
    await expectNotSent(send(prisma));
    await stage.server.admin('SET GLOBAL read_only = 0');
    expect(await stage.rows()).toEqual([]);
  });

  test.for(statements)('is not unknown: %s, and a server that is away', async ([, send]) => {
    const prisma = open();
    await prisma.user.count();
    stage.proxy.set('refuse');
    stage.proxy.resetAll();
    await failureOf(prisma.user.count());
    await expectNotSent(send(prisma));
    stage.proxy.set('pass');
    expect(await stage.rows()).toEqual([]);
  });
});

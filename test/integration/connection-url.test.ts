import type { Pool, RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { originalErrorOf } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { AcquireTimeoutError, AttemptTimeoutError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { createCertificates } from '../support/server/create-certificates.ts';
import { notOurs } from '../support/server/server.ts';
import { unhurried, useStage } from '../support/stage.ts';

interface Client {
  /** The rows of a query. */
  ask(sql: string): Promise<readonly unknown[]>;
  /** Has the only connection until `release` is called. */
  hold(): Promise<() => Promise<void>>;
  end(): Promise<unknown>;
}

const bindings: readonly [string, (url: string) => Client][] = [
  [
    'withResilience(url)',
    (url) => {
      const pool: Resilient<Pool> = withResilience(url);
      return {
        ask: async (sql) => (await pool.query<RowDataPacket[]>(sql))[0],
        hold: async () => {
          const connection = await pool.getConnection();
          return async () => connection.release();
        },
        end: () => pool.end(),
      };
    },
  ],
  [
    'PrismaMySQL2(url)',
    (url) => {
      const prisma = new PrismaClient({ adapter: new PrismaMySQL2(url) });
      return {
        ask: (sql) => prisma.$queryRawUnsafe<unknown[]>(sql),
        hold: () => holdByTransaction(prisma),
        end: () => prisma.$disconnect(),
      };
    },
  ],
];

async function holdByTransaction(prisma: PrismaClient): Promise<() => Promise<void>> {
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let whole: Promise<unknown> = Promise.resolve();
  await new Promise<void>((held) => {
    whole = later(
      prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1`;
        held();
        await released;
      }),
    );
  });
  return async () => {
    release();
    await whole;
  };
}

describe.each(bindings)('%s', unhurried, (_, create) => {
  const stage = useStage('connection-url');
  const open = (parameters: string, login = ''): Client => {
    const { host, port, user, password, database } = stage.direct();
    return stage.closing(create(`mysql://${login || `${user}:${password}`}@${host}:${port}/${database}?${parameters}`));
  };
  const cipherOf = async (client: Client) =>
    (await client.ask("SHOW STATUS LIKE 'Ssl_cipher'")).map((row) => (row as { Value: string }).Value);

  test.each(['ssl-mode=REQUIRED', 'sslaccept=accept_invalid_certs', 'ssl={"rejectUnauthorized":false}'])(
    'encrypts: %s',
    async (parameters) => {
      expect(await cipherOf(open(parameters))).toEqual([expect.stringMatching(/./)]);
    },
  );

  test.each(['ssl-mode=DISABLED', 'ssl=false'])('does not encrypt: %s', async (parameters) => {
    expect(await cipherOf(open(parameters))).toEqual(['']);
  });

  test('trusts a certificate of the authority that it was given', async ({ skip }) => {
    skip(...notOurs(stage.server, 'its certificate is not known'));
    const ca = encodeURIComponent(JSON.stringify({ ca: stage.server.tls?.ca }));
    expect(await cipherOf(open(`sslaccept=strict&ssl=${ca}`))).toEqual([expect.stringMatching(/./)]);
    const other = encodeURIComponent(JSON.stringify({ ca: createCertificates().ca }));
    const error = await failureOf(open(`sslaccept=strict&ssl=${other}`).ask('SELECT 1'));
    expect(error.message).toMatch(/self-signed|signature failure|unable to verify|issuer/);
  });

  test.each(['ssl=true', 'sslaccept=strict', 'ssl-mode=VERIFY_CA'])(
    'trusts nobody that it does not know: %s',
    async (parameters) => {
      expect((await failureOf(open(parameters).ask('SELECT 1'))).message).toMatch(/certificate/);
    },
  );

  test('goes through a socket file', async ({ skip }) => {
    skip(...notOurs(stage.server, 'its socket file is not known'));
    const client = open(`socket=${encodeURIComponent(String(stage.server.socketPath))}`);
    const hosts = await client.ask(
      'SELECT host AS host FROM information_schema.processlist WHERE id = CONNECTION_ID()',
    );
    expect(hosts).toEqual([{ host: 'localhost' }]);
  });

  test('makes as many connections as `connection_limit`, and waits for one as long as `pool_timeout`', async () => {
    const client = open('connection_limit=1&pool_timeout=1');
    const release = await client.hold();
    const error = await failureOf(client.ask('SELECT 1'));
    expect(originalErrorOf(error) ?? error).toBeInstanceOf(AcquireTimeoutError);
    expect(error.message).toMatch(/`acquireTimeout: 1000`/);
    await release();
    expect(await client.ask('SELECT 1 AS one')).toHaveLength(1);
  });

  test('waits for an answer as long as `socket_timeout`', async () => {
    const client = open('socket_timeout=1');
    const error = await failureOf(client.ask('SELECT SLEEP(30) FROM stage_rows UNION SELECT SLEEP(30)'));
    const original = originalErrorOf(error) ?? error;
    expect((original as Error).cause).toBeInstanceOf(AttemptTimeoutError);
  });

  test.each(['p@ss', 'p/?#ss:@%"\'é 漢'])(
    'logs in with a password in which everything may be: %s',
    async (password) => {
      const encoded = password === 'p@ss' ? password : encodeURIComponent(password);
      await stage.server.admin("DROP USER IF EXISTS 'odd'@'%'");
      await stage.server.admin("CREATE USER 'odd'@'%' IDENTIFIED BY ?", [password]);
      await stage.server.admin("GRANT ALL ON app.* TO 'odd'@'%'");
      stage.after(() => stage.server.admin("DROP USER 'odd'@'%'"));
      expect(await open('', `odd:${encoded}`).ask('SELECT 1 AS one')).toHaveLength(1);
    },
  );
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { externalUrl } from '../support/server/external-url.ts';
import { serverNames } from '../support/server/named-servers.ts';
import { hasProcessTable, isRunning } from '../support/server/process-table.ts';
import { type Server, startServer } from '../support/server/server.ts';

/** A machine without a server fetches one first. */
const FIRST_START = 240_000;

describe.skipIf(externalUrl() !== undefined)(
  'the launcher (skipped where MYSQL_URL is set)',
  { timeout: 30_000 },
  () => {
    const open = new Set<Connection>();
    let server: Server;

    async function connect(options: ConnectionOptions = server.connectionOptions()): Promise<Connection> {
      const connection = await createConnection(options);
      connection.on('error', () => {});
      open.add(connection);
      return connection;
    }

    beforeAll(async () => {
      server = await startServer({ name: 'launcher' });
    }, FIRST_START);
    afterAll(() => server?.destroy());
    beforeEach(async () => {
      if (!server.running) await server.start({ flags: [] });
      await expect.poll(() => server.threads()).toEqual([]);
      await server.admin('DROP TABLE IF EXISTS app.t');
      await server.admin('CREATE TABLE app.t (id INT PRIMARY KEY) ENGINE = InnoDB');
    });
    afterEach(() => {
      for (const connection of open) connection.destroy();
      open.clear();
    });

    test('it starts the server that GONE_AWAY_SERVER names', ({ skip }) => {
      const name = process.env.GONE_AWAY_SERVER ?? '';
      skip(!serverNames.includes(name), 'GONE_AWAY_SERVER names no version');
      expect(`${server.kind}-${server.version}.`).toContain(`${name}.`);
    });

    test('kill -9 loses no acknowledged commit, and the server comes back on the same port', async () => {
      const { port } = server;
      const connection = await connect();
      for (let id = 1; id <= 20; id++) await connection.query('INSERT INTO t VALUES (?)', [id]);
      await server.kill9();
      expect(server.running).toBe(false);
      await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await server.start();
      expect(server).toMatchObject({ port, running: true });
      expect(await server.admin('SELECT COUNT(*) AS n FROM app.t')).toEqual([{ n: 20 }]);
    });

    test('a frozen server keeps connections and answers when it is thawed', async () => {
      const connection = await connect();
      await server.freeze();
      const answer = vi.fn();
      const pending = connection.query('SELECT 1').then(answer);
      // The connect shows that time has passed in which the server could have answered, and that the kernel still accepts.
      await expect(createConnection({ ...server.connectionOptions(), connectTimeout: 200 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
      expect(answer).not.toHaveBeenCalled();
      await server.thaw();
      await pending;
      expect(answer).toHaveBeenCalledOnce();
    });

    test('a frozen server can be stopped, and a restart keeps what was committed', async () => {
      await server.admin('INSERT INTO app.t VALUES (1)');
      await server.freeze();
      await server.restart();
      expect(await server.admin('SELECT id FROM app.t')).toEqual([{ id: 1 }]);
    });

    test('flags stay until others replace them', async () => {
      const timeout = () => server.admin('SELECT @@wait_timeout AS seconds');
      await server.restart({ flags: ['--wait-timeout=77'] });
      await server.restart();
      expect(await timeout()).toEqual([{ seconds: 77 }]);
      await server.restart({ flags: [] });
      expect(await timeout()).toEqual([{ seconds: 28800 }]);
    });

    test('a start that fails says what the server said', async () => {
      await server.stop();
      await expect(server.start({ flags: ['--no-such-flag'] })).rejects.toThrow(/no-such-flag/);
      expect(server.running).toBe(false);
    });

    test('starting a running server, or using a destroyed one, is refused', async () => {
      await expect(server.start()).rejects.toThrow('running already');
      const other = await startServer();
      await Promise.all([other.destroy(), other.destroy()]);
      await expect(other.start()).rejects.toThrow('destroyed');
    });

    test('two servers at once have nothing in common', async () => {
      const [one, two] = await Promise.all([startServer({ name: 'one' }), startServer({ name: 'two' })]);
      try {
        expect(one.port).not.toBe(two.port);
        await one.admin('CREATE TABLE app.mine (id INT)');
        expect(await two.admin("SHOW TABLES FROM app LIKE 'mine'")).toEqual([]);
      } finally {
        await Promise.all([one.destroy(), two.destroy()]);
      }
    });

    test.runIf(hasProcessTable)('destroy leaves neither process nor folder, frozen or not', async () => {
      const other = await startServer();
      const folder = dirname(other.socketPath ?? '');
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      expect(isRunning(pid)).toBe(true);
      await other.freeze();
      await other.destroy();
      expect(isRunning(pid)).toBe(false);
      expect(existsSync(folder)).toBe(false);
    });

    test('TLS works and proves that the server is the one at 127.0.0.1', async () => {
      const ssl = { ...server.tls, verifyIdentity: true };
      const connection = await connect({ ...server.connectionOptions(), ssl });
      const [rows] = await connection.query("SHOW STATUS LIKE 'Ssl_version'");
      expect(rows).toEqual([{ Variable_name: 'Ssl_version', Value: expect.stringMatching(/^TLS/) }]);
      const { ca: _, ...withoutAuthority } = ssl;
      const stranger = connect({ ...server.connectionOptions(), ssl: withoutAuthority });
      await expect(stranger).rejects.toMatchObject({ code: 'HANDSHAKE_SSL_ERROR' });
    });

    test('the unix socket and the URL lead to the same server', async () => {
      const { host: _h, port: _p, ...who } = server.connectionOptions();
      for (const options of [{ ...who, socketPath: server.socketPath ?? '' }, { uri: server.url() }]) {
        const [rows] = await (await connect(options)).query('SELECT @@port AS port, DATABASE() AS name');
        expect(rows).toEqual([{ port: server.port, name: 'app' }]);
      }
    });

    test('read_only binds app but not root', async () => {
      const connection = await connect();
      await server.admin('SET GLOBAL read_only = 1');
      try {
        await expect(connection.query('INSERT INTO t VALUES (1)')).rejects.toMatchObject({ errno: 1290 });
        await server.admin('INSERT INTO app.t VALUES (2)');
      } finally {
        await server.admin('SET GLOBAL read_only = 0');
      }
    });

    test('root gets in when app has all the connections there are', async () => {
      await server.restart({ flags: ['--max-connections=10'] });
      // The server forgets a closed connection a moment after it has closed it.
      for (let i = 0; i < 10; i++) await vi.waitFor(() => connect());
      await expect(connect()).rejects.toMatchObject({ errno: 1040 });
      expect(await server.admin('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(await server.threads()).toHaveLength(10);
      await server.restart({ flags: [] });
    });

    test('a killed thread has left the process list', async () => {
      const connection = await connect();
      expect(await server.threads()).toEqual([connection.threadId]);
      await server.killThread(connection.threadId);
      expect(await server.threads()).toEqual([]);
      await server.killThread(connection.threadId);
      await expect(connection.query('SELECT 1')).rejects.toThrow();
    });

    test('the server of MYSQL_URL comes before that of GONE_AWAY_SERVER, and can be used but not controlled', async () => {
      vi.stubEnv('GONE_AWAY_SERVER', 'none');
      vi.stubEnv('MYSQL_URL', server.url('root'));
      try {
        const foreign = await startServer({ flags: ['--not-applied'] });
        const { kind, version, port } = server;
        expect(foreign).toMatchObject({ kind, version, port, controllable: false, running: true, tls: undefined });
        const ownDatabase = /^gone_away_test_/;
        expect(await foreign.admin('SELECT DATABASE() AS name')).toEqual([
          { name: expect.stringMatching(ownDatabase) },
        ]);
        expect(foreign.connectionOptions().database).toMatch(ownDatabase);
        expect(new URL(foreign.url()).pathname.slice(1)).toMatch(ownDatabase);
        for (const verb of ['kill9', 'stop', 'start', 'restart', 'freeze', 'thaw'] as const) {
          await expect(foreign[verb]()).rejects.toThrow('controllable');
        }
        await foreign.destroy();
        expect(server.running).toBe(true);
      } finally {
        vi.unstubAllEnvs();
      }
    });

    test('on the server of MYSQL_URL, a user who may create no database uses the one that is named', async () => {
      vi.stubEnv('MYSQL_URL', server.url('app'));
      try {
        const foreign = await startServer();
        expect(await foreign.admin('SELECT DATABASE() AS name')).toEqual([{ name: 'app' }]);
        await foreign.destroy();
        expect(await server.admin("SHOW DATABASES LIKE 'app'")).toHaveLength(1);
      } finally {
        vi.unstubAllEnvs();
      }
    });
  },
);

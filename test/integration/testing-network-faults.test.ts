import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createConnection, createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { createFaultProxy } from '../../adapters/testing/index.ts';
import { OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';
import { useFaults } from '../support/testing/use-faults.ts';

const insert = 'INSERT INTO stage_rows (id) VALUES (1)';
const lossOf = { code: expect.stringMatching(/^(ECONNRESET|PROTOCOL_CONNECTION_LOST)$/) };

describe('a fault proxy of gone-away/testing', unhurried, () => {
  const stage = useStage('testing-network-faults');
  const faulty = useFaults(stage);

  const openBare = (options: PoolOptions = {}): Pool =>
    stage.closing(createPool(faulty.connection({ connectionLimit: 1, ...options })));
  const open = (policy: ResilienceOptions = {}): Resilient<Pool> => withResilience(openBare(), policy);
  const warm = async <P extends Pool>(pool: P): Promise<P> => {
    await pool.query('SELECT 1');
    return pool;
  };
  /** What becomes of a connection that is only opened. */
  const knock = async (): Promise<string> => {
    const socket = connect(faulty.faults.port, faulty.faults.host);
    stage.after(async () => socket.destroy());
    return new Promise((resolve) => {
      socket.once('data', () => resolve('greeted'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
  };

  test('changes nothing, and counts connections', async () => {
    const { faults } = faulty;
    expect(faults).toMatchObject({ host: '127.0.0.1', connections: 0, accepted: 0 });
    const pool = openBare({ connectionLimit: 3, uri: faults.url });
    await Promise.all([1, 2, 3].map(() => pool.query(insert)));
    expect(faults).toMatchObject({ connections: 3, accepted: 3 });
    await pool.end();
    await expect.poll(() => faults.connections, patient).toBe(0);
    expect(faults.accepted).toBe(3);
  });

  test('has the URL that it was given, with its own host and port', () => {
    const own = new URL(faulty.faults.url);
    const given = new URL(stage.server.url());
    expect(own.host).toBe(`127.0.0.1:${faulty.faults.port}`);
    own.host = given.host;
    expect(own.href).toBe(given.href);
  });

  test('shows its URL to nobody who only looks at it', async () => {
    const faults = await createFaultProxy('mysql://app:SECRET@127.0.0.1:1/app');
    stage.after(() => faults.close());
    expect(faults.url).toBe(`mysql://app:SECRET@127.0.0.1:${faults.port}/app`);
    expect(inspect(faults, { depth: 10, showHidden: true })).not.toContain('SECRET');
    expect(JSON.stringify(faults)).not.toContain('SECRET');
  });

  test('stands in front of a host and a port', async () => {
    const { host, port } = stage.server;
    const faults = await createFaultProxy({ host, port });
    stage.after(() => faults.close());
    expect(faults.url).toBe(`mysql://127.0.0.1:${faults.port}`);
    const { user, password, database } = stage.direct();
    const connection = await createConnection({ uri: faults.url, user, password, database } as PoolOptions);
    await stage.closing(connection).query(insert);
  });

  test('stands in front of a socket file', async ({ skip }) => {
    skip(...notOurs(stage.server, 'its socket is not known'));
    const socketPath = String(stage.server.socketPath);
    // MySQL takes the file for safe, and asks for the password in plain where it has not seen it before; the client would not send that over TCP.
    await (await createConnection({ ...stage.direct(), socketPath })).end();
    const url = new URL(stage.server.url());
    url.hostname = 'nowhere.invalid';
    url.searchParams.set('socketPath', socketPath);
    for (const server of [url, { socketPath }]) {
      const faults = await createFaultProxy(server);
      stage.after(() => faults.close());
      expect(faults.url).not.toContain('socketPath');
      const { host, port } = faults;
      const connection = stage.closing(await createConnection({ ...stage.direct(), host, port }));
      const [rows] = await connection.query(
        'SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()',
      );
      expect(rows).toEqual([expect.toSatisfy((row) => Object.values(row).join() === 'localhost')]);
    }
  });

  test('resets a client whose server is not there', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as { port: number };
    nobody.close();
    const faults = await createFaultProxy({ port });
    stage.after(() => faults.close());
    const socket = connect(faults.port, faults.host);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => faults.connections, patient).toBe(0);
  });

  describe('resets', () => {
    test('every connection, at once, and new ones are welcome', async () => {
      const pool = openBare({ connectionLimit: 2 });
      const held = [await pool.getConnection(), await pool.getConnection()];
      const failures = held.map((connection) => failureOf(once(connection.connection, 'error')));
      const ends = held.map((connection) => new Promise((resolve) => connection.once('error', resolve)));
      for (const failure of failures) later(failure);
      await faulty.faults.reset();
      expect(faulty.faults.connections).toBe(0);
      for (const error of await Promise.all(ends)) expect(error).toMatchObject(lossOf);
      for (const connection of held) connection.destroy();
      expect(await knock()).toBe('greeted');
    });

    test('under a statement, which a wrapped pool answers or says that nobody can know', async () => {
      const pool = await warm(open());
      const unlock = await stage.lock();
      const failure = failureOf(pool.query(insert));
      await stage.inFlight(1);
      await faulty.faults.reset();
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
      await unlock();
    });
  });

  describe('refuses', () => {
    test('new connections, until it is healed, and leaves the others alone', async () => {
      const pool = await warm(openBare());
      const { port } = faulty.faults;
      await faulty.faults.refuse();
      await faulty.faults.refuse();
      expect(await knock()).toBe('ECONNREFUSED');
      await pool.query(insert);
      await faulty.faults.heal();
      await faulty.faults.heal();
      expect(faulty.faults.port).toBe(port);
      expect(await knock()).toBe('greeted');
      expect(await stage.rows()).toEqual([1]);
    });

    test('while nobody awaits it', async () => {
      faulty.faults.refuse();
      expect(await knock()).toBe('ECONNREFUSED');
      const healed = faulty.faults.heal();
      faulty.faults.refuse();
      await healed;
      expect(await knock()).toBe('ECONNREFUSED');
      await Promise.all([faulty.faults.heal(), faulty.faults.heal()]);
      expect(await knock()).toBe('greeted');
    });

    test('and a wrapped pool waits for the end of that', async () => {
      const pool = await warm(open());
      await faulty.faults.refuse();
      await faulty.faults.reset();
      const answer = later(pool.query('SELECT 1 AS one'));
      expect(await knock()).toBe('ECONNREFUSED');
      await faulty.faults.heal();
      expect(await answer).toMatchObject([[{ one: 1 }], expect.anything()]);
    });

    test('and says so when another program has taken its port', async () => {
      const { port } = faulty.faults;
      await faulty.faults.refuse();
      const other = createServer().listen(port, '127.0.0.1');
      await once(other, 'listening');
      expect(await failureOf(faulty.faults.heal())).toMatchObject({
        message: `Another program has taken port ${port}`,
        cause: { code: 'EADDRINUSE' },
      });
      other.close();
      await once(other, 'close');
      await faulty.faults.heal();
      expect(await knock()).toBe('greeted');
    });
  });

  describe('is a black hole', () => {
    test('for what is sent, and for new connections, which stay open', async () => {
      const pool = await warm(openBare({ connectTimeout: 300 }));
      await faulty.faults.blackHole();
      let isOver = false;
      const answer = later(pool.query(insert)).finally(() => {
        isOver = true;
      });
      later(answer);
      expect(await failureOf(createConnection(faulty.connection({ connectTimeout: 300 })))).toMatchObject({
        code: 'ETIMEDOUT',
      });
      expect(isOver).toBe(false);
      await faulty.faults.heal();
      expect(await knock()).toBe('greeted');
      // What has vanished stays so.
      expect(isOver).toBe(false);
      expect(await stage.rows()).toEqual([]);
      await faulty.faults.reset();
      expect(await failureOf(answer)).toMatchObject(lossOf);
    });

    test('that a connection outlives which was idle meanwhile', async () => {
      const pool = await warm(openBare());
      await faulty.faults.blackHole();
      await faulty.faults.heal();
      await pool.query(insert);
      expect(faulty.faults.accepted).toBe(1);
    });

    test('of which the server hears when it is healed, where the client has gone meanwhile', async () => {
      const connection = await createConnection(faulty.connection());
      await faulty.faults.blackHole();
      connection.destroy();
      await stage.server.admin('SELECT 1');
      expect(await stage.server.threads()).toHaveLength(1);
      await expect
        .poll(async () => {
          await faulty.faults.heal();
          return stage.server.threads();
        }, patient)
        .toEqual([]);
      expect(faulty.faults.connections).toBe(0);
    });

    test('also for what is slow', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(60_000);
      const answer = later(pool.query(insert));
      // Nobody says when it is on its way.
      await delay(100);
      await faulty.faults.blackHole();
      await faulty.faults.slow(0);
      await faulty.faults.heal();
      expect(await stage.rows()).toEqual([]);
      await faulty.faults.reset();
      expect(await failureOf(answer)).toMatchObject(lossOf);
    });

    test('out of which a wrapped pool answers a read, and says of a write that nobody can know', async () => {
      const pool = await warm(open({ attemptTimeout: 300 }));
      await faulty.faults.blackHole();
      expect(await failureOf(pool.query(insert))).toBeInstanceOf(OutcomeUnknownError);
      const answer = later(pool.query('SELECT 1 AS one'));
      await faulty.faults.heal();
      expect(await answer).toMatchObject([[{ one: 1 }], expect.anything()]);
    });
  });

  describe('is slow', () => {
    test('in each direction', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(100);
      const began = performance.now();
      await pool.query(insert);
      expect(performance.now() - began).toBeGreaterThanOrEqual(199);
    });

    test('also where a test has faked the timers', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(50);
      vi.useFakeTimers();
      stage.after(async () => vi.useRealTimers());
      await pool.query(insert);
      expect(await stage.rows()).toEqual([1]);
    });

    test('until it is healed, and what is on its way arrives then', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(60_000);
      const answer = pool.query(insert);
      await faulty.faults.heal();
      await answer;
    });

    test('and keeps the order of much that is sent', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(20);
      const pad = 'x'.repeat(6_000_000);
      const [rows] = await pool.query(`SELECT '${pad}' AS pad UNION ALL SELECT REPEAT('y', 12000000)`);
      expect((rows as { pad: string }[]).map((row) => row.pad.length)).toEqual([6_000_000, 12_000_000]);
    });

    test('and loses an answer all the same', async () => {
      const pool = await warm(openBare());
      await faulty.faults.slow(20);
      const lost = faulty.faults.loseAnswerOf(/^INSERT/);
      expect(await failureOf(pool.query(insert))).toMatchObject(lossOf);
      await lost;
      expect(await stage.rows()).toEqual([1]);
    });
  });

  describe('cuts', () => {
    test('in the middle of an answer', async () => {
      const pool = await warm(openBare());
      const cut = faulty.faults.cutAfterBytes(100);
      expect(await failureOf(pool.query("SELECT REPEAT('x', 1000) AS pad"))).toMatchObject(lossOf);
      await cut;
      expect(faulty.faults.connections).toBe(0);
      await pool.query(insert);
    });

    test('in the middle of a statement, of which the server carries out nothing', async () => {
      const pool = await warm(openBare());
      const cut = faulty.faults.cutAfterBytes(10, { direction: 'toServer' });
      expect(await failureOf(pool.query(insert))).toMatchObject(lossOf);
      await cut;
      await expect.poll(() => stage.server.threads(), patient).toEqual([]);
      expect(await stage.rows()).toEqual([]);
    });

    test('at the very next byte, also in a login', async () => {
      const cut = faulty.faults.cutAfterBytes(0);
      expect(await failureOf(createConnection(faulty.connection()))).toMatchObject(lossOf);
      await cut;
      later(faulty.faults.cutAfterBytes(40, { direction: 'toServer' }));
      expect(await failureOf(createConnection(faulty.connection()))).toMatchObject(lossOf);
    });

    test('the connection that carries so many bytes, and no other', async () => {
      const [one, other] = [await warm(openBare()), await warm(openBare())];
      const cut = faulty.faults.cutAfterBytes(1_000);
      for (let n = 0; n < 5; n += 1) await one.query('SELECT 1');
      const failure = failureOf(other.query("SELECT REPEAT('x', 2000) AS pad"));
      expect(await failure).toMatchObject(lossOf);
      await cut;
      await one.query(insert);
      expect(faulty.faults.accepted).toBe(2);
    });

    test('and a wrapped pool answers a read all the same', async () => {
      const pool = await warm(open());
      const cut = faulty.faults.cutAfterBytes(100);
      const [rows] = await pool.query("SELECT REPEAT('x', 1000) AS pad");
      expect(rows).toEqual([{ pad: 'x'.repeat(1_000) }]);
      await cut;
    });
  });

  describe('of several faults', () => {
    test('has one of a kind', async () => {
      const { faults } = faulty;
      const lost = faults.loseNextAnswer();
      const other = 'cannot be had while loseNextAnswer() is waited for. Await it first, or call heal()';
      expect(() => faults.loseNextAnswer()).toThrow(`loseNextAnswer() ${other}`);
      expect(() => faults.loseAnswerOf(/x/)).toThrow(`loseAnswerOf(/x/) ${other}`);
      const cut = faults.cutAfterBytes(5);
      expect(() => faults.cutAfterBytes(6)).toThrow('cutAfterBytes(6) cannot be had while cutAfterBytes(5) is');
      await faults.heal();
      await expect(lost).rejects.toThrow('loseNextAnswer() has not happened: it was taken back by heal()');
      await expect(cut).rejects.toThrow('cutAfterBytes(5) has not happened: it was taken back by heal()');
      later(faults.loseAnswerOf(/x/));
    });

    test('refuses those that would not happen', async () => {
      const { faults } = faulty;
      await faults.blackHole();
      expect(() => faults.loseNextAnswer()).toThrow('loseNextAnswer() cannot be had in a black hole');
      expect(() => faults.cutAfterBytes(1)).toThrow('cutAfterBytes(1) cannot be had in a black hole');
      await faults.heal();
      later(faults.cutAfterBytes(1));
      expect(() => faults.blackHole()).toThrow('blackHole() cannot be had while cutAfterBytes(1) is waited for');
    });

    test('lets the first one happen that can, and says of the other that it cannot', async () => {
      const pool = await warm(openBare());
      const lost = later(faulty.faults.loseNextAnswer());
      const cut = faulty.faults.cutAfterBytes(3, { direction: 'toServer' });
      expect(await failureOf(pool.query(insert))).toMatchObject(lossOf);
      await cut;
      // The command has not reached the server, so that the answer of the next one is lost.
      expect(await failureOf(pool.query(insert))).toMatchObject(lossOf);
      expect(await lost).toMatchObject({ sql: insert });
      expect(await stage.rows()).toEqual([1]);
    });
  });

  describe('when it is closed', () => {
    test('cuts what is open, takes back what is waited for, and refuses what comes', async () => {
      const pool = await warm(openBare());
      const { faults } = faulty;
      const lost = faults.loseNextAnswer();
      await faults.close();
      await faults.close();
      await expect(lost).rejects.toThrow('loseNextAnswer() has not happened: the proxy was closed');
      expect(faults.connections).toBe(0);
      expect(await knock()).toBe('ECONNREFUSED');
      expect(await failureOf(pool.query(insert))).toMatchObject({ code: 'ECONNREFUSED' });
      for (const fault of [
        () => faults.loseNextAnswer(),
        () => faults.loseAnswerOf(/x/),
        () => faults.cutAfterBytes(1),
        () => faults.refuse(),
        () => faults.blackHole(),
        () => faults.slow(1),
      ]) {
        expect(fault).toThrow('cannot be had: the proxy is closed');
      }
      await faults.heal();
      await faults.reset();
      expect(await knock()).toBe('ECONNREFUSED');
    });

    test('leaves nothing that is nobody’s to handle', async () => {
      const told: unknown[] = [];
      const listener = (error: unknown) => told.push(error);
      process.on('unhandledRejection', listener);
      stage.after(async () => process.off('unhandledRejection', listener));
      faulty.faults.loseNextAnswer();
      faulty.faults.cutAfterBytes(1);
      await faulty.faults.heal();
      faulty.faults.loseNextAnswer();
      await faulty.faults[Symbol.asyncDispose]();
      await new Promise((resolve) => setImmediate(resolve));
      expect(told).toEqual([]);
      expect(await knock()).toBe('ECONNREFUSED');
    });
  });
});

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createConnection, type PoolOptions } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { createFaultProxy } from '../../adapters/testing/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';
import { useFaults } from '../support/testing/use-faults.ts';

const insert = 'INSERT INTO stage_rows (id) VALUES (1)';

describe('what gone-away/testing cannot read', unhurried, () => {
  const stage = useStage('testing-unreadable');
  const faulty = useFaults(stage);

  const transports: Readonly<Record<string, PoolOptions>> = {
    TLS: { ssl: { rejectUnauthorized: false } },
    compression: { compress: true },
  };

  describe.each(Object.entries(transports))('is %s', (name, options) => {
    const open = async () => stage.closing(await createConnection(faulty.connection(options)));

    test('and it says so when it is asked for what needs that', async () => {
      const connection = await open();
      const { faults } = faulty;
      for (const fault of [() => faults.loseNextAnswer(), () => faults.loseAnswerOf(/x/)]) {
        expect(fault).toThrow(new RegExp(`cannot happen: a client uses ${name}.*plaintext: true`));
      }
      connection.destroy();
      await expect.poll(() => faults.connections, patient).toBe(0);
      later(faults.loseNextAnswer());
    });

    test('and it says so when such a client comes while an answer is to be lost', async () => {
      const lost = later(faulty.faults.loseAnswerOf(/^INSERT/));
      const connection = await open();
      await connection.query(insert);
      await expect(lost).rejects.toThrow(`loseAnswerOf(/^INSERT/) cannot happen: a client uses ${name}`);
      expect(await stage.rows()).toEqual([1]);
    });

    test('and the other faults happen all the same', async () => {
      const connection = await open();
      await connection.query(insert);
      await faulty.faults.slow(20);
      await connection.query(insert);
      const cut = faulty.faults.cutAfterBytes(0);
      expect(await failureOf(connection.query(insert))).toBeInstanceOf(Error);
      await cut;
    });
  });

  test('is an error to who has not awaited it, too', async () => {
    const told: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => told.push(error));
    try {
      faulty.faults.loseAnswerOf(/^INSERT/);
      stage.closing(await createConnection(faulty.connection(transports.TLS)));
      await expect.poll(() => told, patient).toMatchObject([{ message: expect.stringContaining('cannot happen') }]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  });

  test('can be hidden from clients', async ({ skip }) => {
    skip(...notOurs(stage.server, 'it may have no TLS'));
    const faults = await createFaultProxy(stage.server.url(), { plaintext: true });
    stage.after(() => faults.close());
    const { port } = faults;
    expect(await failureOf(createConnection({ ...stage.direct(), port, ...transports.TLS }))).toMatchObject({
      code: 'HANDSHAKE_NO_SSL_SUPPORT',
    });
    const connection = stage.closing(await createConnection({ ...stage.direct(), port, ...transports.compression }));
    const lost = faults.loseAnswerOf(/^INSERT/);
    expect(await failureOf(connection.query(insert))).toBeInstanceOf(Error);
    await lost;
    expect(await stage.rows()).toEqual([1]);
  });

  test('is hidden also where the greeting comes byte by byte', async () => {
    const { host, port } = stage.server;
    const dripping = createServer((client) => {
      const server = connect({ host, port });
      client.pipe(server);
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
      server.on('close', () => client.destroy());
      server.on('data', async (chunk: Buffer) => {
        server.pause();
        client.setNoDelay();
        for (const byte of chunk) await new Promise((resolve) => client.write(Buffer.from([byte]), resolve));
        server.resume();
      });
    }).listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    stage.after(async () => dripping.close());
    const faults = await createFaultProxy({ port: (dripping.address() as AddressInfo).port }, { plaintext: true });
    stage.after(() => faults.close());
    const connection = stage.closing(
      await createConnection({ ...stage.direct(), host: faults.host, port: faults.port, compress: true }),
    );
    const lost = faults.loseAnswerOf(/^INSERT/);
    await connection.query('SELECT 1');
    expect(await failureOf(connection.query(insert))).toBeInstanceOf(Error);
    await lost;
    expect(await stage.rows()).toEqual([1]);
  });

  test('is another protocol', async () => {
    const echo = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    stage.after(async () => echo.close());
    const faults = await createFaultProxy({ port: (echo.address() as AddressInfo).port });
    stage.after(() => faults.close());
    const socket = connect(faults.port, faults.host);
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toBe('GET / HTTP/1.1\r\n\r\n');
    expect(() => faults.loseNextAnswer()).toThrow('speak something that the proxy does not understand');
  });
});

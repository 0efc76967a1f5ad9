import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFaultProxy, type FaultProxy } from '../support/proxy/fault-proxy.ts';
import { type Server, startServer } from '../support/server/server.ts';

/** Everything a socket has seen so far. */
class Ear {
  readonly socket: Socket;
  text = '';
  ended = false;
  closed = false;
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.text += text;
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
  }

  /** Resolves when the other side's FIN has arrived. */
  finished(): Promise<void> {
    return new Promise((resolve) => (this.ended ? resolve() : this.socket.once('end', resolve)));
  }

  /** Resolves when the socket is closed, for whatever reason; `once()` of node:events would reject on an error. */
  gone(): Promise<void> {
    return new Promise((resolve) => (this.closed ? resolve() : this.socket.once('close', () => resolve())));
  }

  async hears(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this.socket, 'data');
  }
}

describe('the fault proxy', () => {
  let target: NetServer;
  let proxy: FaultProxy;
  let served: Ear[];

  beforeEach(async () => {
    served = [];
    target = createServer({ allowHalfOpen: true }, (socket) => served.push(new Ear(socket)));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    proxy = await createFaultProxy({ port: (target.address() as AddressInfo).port });
  });
  afterEach(async () => {
    await proxy.close();
    for (const { socket } of served) socket.destroy();
    target.close();
  });

  async function openClient(): Promise<Ear> {
    const socket = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true });
    const ear = new Ear(socket);
    await once(socket, 'connect');
    return ear;
  }

  /** Both ends of a connection through the proxy, after one exchange. */
  async function openPair(): Promise<{ client: Ear; server: Ear }> {
    const before = served.length;
    const client = await openClient();
    const server = await vi.waitUntil(() => served[before], { interval: 1 });
    await exchange(client, server);
    return { client, server };
  }

  /** Returns when both sides have heard each other, and so everything sent before as well. */
  async function exchange(client: Ear, server: Ear): Promise<void> {
    client.text = '';
    server.text = '';
    client.socket.write('hi');
    await server.hears('hi');
    server.socket.write('ho');
    await client.hears('ho');
  }

  test('forwards bytes both ways and counts them', async () => {
    await openPair();
    expect(proxy).toMatchObject({ bytesC2s: 2, bytesS2c: 2, roundTrips: 1 });
    expect(proxy.connections()).toBe(1);
  });

  test('counts one round trip per answer, however many chunks, per connection, and none for a greeting', async () => {
    const client = await openClient();
    const server = await vi.waitUntil(() => served[0], { interval: 1 });
    server.socket.write('greeting');
    await client.hears('greeting');
    expect(proxy.roundTrips).toBe(0);
    for (const chunk of ['a', 'b', 'c']) {
      server.text = '';
      client.socket.write(chunk);
      await server.hears(chunk);
    }
    for (const chunk of ['x', 'y']) {
      server.socket.write(chunk);
      await client.hears(chunk);
    }
    expect(proxy.roundTrips).toBe(1);
    await openPair();
    expect(proxy.roundTrips).toBe(2);
  });

  test('passes a FIN on as a FIN and leaves the other direction open', async () => {
    const { client, server } = await openPair();
    client.socket.end('last');
    await server.finished();
    expect(server).toMatchObject({ text: 'hilast', error: undefined });
    server.socket.end('answer');
    await client.gone();
    expect(client).toMatchObject({ text: 'hoanswer', ended: true, error: undefined });
    await expect.poll(() => proxy.connections(), { interval: 1 }).toBe(0);
  });

  test('passes a RST on as a RST', async () => {
    const { client, server } = await openPair();
    server.socket.resetAndDestroy();
    await client.gone();
    expect(client).toMatchObject({ ended: false, error: 'ECONNRESET' });
  });

  test('resets a connection when nothing listens behind it', async () => {
    target.close();
    const client = await openClient();
    await client.gone();
    expect(client.error).toBe('ECONNRESET');
  });

  test('resetAll resets both sides of every connection', async () => {
    const pairs = [await openPair(), await openPair()];
    proxy.resetAll();
    const ears = pairs.flatMap(({ client, server }) => [client, server]);
    await Promise.all(ears.map((ear) => ear.gone()));
    for (const ear of ears) expect(ear).toMatchObject({ ended: false, error: 'ECONNRESET' });
    await expect.poll(() => proxy.connections(), { interval: 1 }).toBe(0);
  });

  test('finishAll ends both sides with a FIN', async () => {
    const { client, server } = await openPair();
    proxy.finishAll();
    await Promise.all([client.finished(), server.finished()]);
    expect([client.error, server.error]).toEqual([undefined, undefined]);
  });

  test('refuses new connections with a RST and leaves the old ones alone', async () => {
    const { client, server } = await openPair();
    proxy.set('refuse');
    const late = new Ear(connect(proxy.port, proxy.host));
    await late.gone();
    expect(late.error).toBe('ECONNRESET');
    await exchange(client, server);
    proxy.set('pass');
    await openPair();
  });

  test('a black hole swallows bytes, FIN and RST, and what lost bytes stays silent after it', async () => {
    const [busy, idle, reset] = [await openPair(), await openPair(), await openPair()];
    const sent = proxy.bytesC2s;
    proxy.set('blackhole');
    busy.client.socket.write('lost');
    reset.client.socket.resetAndDestroy();
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(sent + 4);
    const newcomer = await openClient();
    newcomer.socket.write('anyone?');
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(sent + 11);
    proxy.set('pass');
    await exchange(idle.client, idle.server);
    busy.client.socket.write('still lost');
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(sent + 23);
    await exchange(idle.client, idle.server);
    expect(busy.server).toMatchObject({ text: 'hi', closed: false });
    expect(reset.server).toMatchObject({ closed: false, error: undefined });
    expect(newcomer).toMatchObject({ text: '', closed: false });
    expect(served).toHaveLength(3);
  });

  test.each(['drop-c2s', 'drop-s2c'] as const)('%s loses one direction and passes the other', async (mode) => {
    const { client, server } = await openPair();
    const [deaf, heard] = mode === 'drop-c2s' ? [server, client] : [client, server];
    proxy.set(mode);
    deaf.socket.write('one way');
    heard.socket.write('the other');
    await heard.hears('one way');
    await expect.poll(() => Math.max(proxy.bytesC2s, proxy.bytesS2c), { interval: 1 }).toBe(11);
    await expect.poll(() => Math.min(proxy.bytesC2s, proxy.bytesS2c), { interval: 1 }).toBe(9);
    expect(deaf.text).toHaveLength(2);
  });

  test('hold delivers everything in order once it is over', async () => {
    const { client, server } = await openPair();
    proxy.set('hold');
    client.socket.write('one ');
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(6);
    client.socket.end('two');
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(9);
    expect(server.text).toBe('hi');
    proxy.set('pass');
    await server.finished();
    expect(server.text).toBe('hione two');
  });

  test('delay adds its time to each direction and keeps the order when it ends', async () => {
    const { client, server } = await openPair();
    proxy.delay(20);
    const start = performance.now();
    await exchange(client, server);
    expect(performance.now() - start).toBeGreaterThanOrEqual(38);
    client.socket.write('slow ');
    await expect.poll(() => proxy.bytesC2s, { interval: 1 }).toBe(9);
    proxy.delay(0);
    client.socket.write('quick');
    await server.hears('quick');
    expect(server.text).toBe('hislow quick');
  });

  describe('cutAfter', () => {
    test('lets exactly so many bytes of an answer through, then resets both sides', async () => {
      const { client, server } = await openPair();
      const cut = proxy.cutAfter('s2c', 5, 'rst');
      server.socket.write('1234567890');
      await cut;
      await Promise.all([client.gone(), server.gone()]);
      expect(client).toMatchObject({ text: 'ho12345', error: 'ECONNRESET' });
      expect(server.error).toBe('ECONNRESET');
    });

    test('lets exactly so many bytes of a request through, then sends a FIN to both sides', async () => {
      const { client, server } = await openPair();
      const cut = proxy.cutAfter('c2s', 3, 'fin');
      client.socket.write('1');
      await server.hears('1');
      client.socket.write('2345');
      await Promise.all([cut, client.finished(), server.finished()]);
      expect(server).toMatchObject({ text: 'hi123', error: undefined });
      expect(client).toMatchObject({ text: 'ho', error: undefined });
    });

    test('can end in silence, breaks one connection only, and happens once', async () => {
      const [one, two] = [await openPair(), await openPair()];
      const cut = proxy.cutAfter('s2c', 0, 'silence');
      one.server.socket.write('never heard');
      await cut;
      one.server.socket.destroy();
      await exchange(two.client, two.server);
      await exchange(two.client, two.server);
      expect(one.client).toMatchObject({ text: 'ho', closed: false, ended: false });
    });
  });

  describe('hooks', () => {
    test('a reply can be dropped and its connection reset after the server has answered', async () => {
      const { client, server } = await openPair();
      const other = await openPair();
      let committing: number | undefined;
      proxy.onClientData((chunk, connection) => {
        if (chunk.includes('COMMIT')) committing = connection.id;
        return 'forward';
      });
      proxy.onServerData((_, connection) => {
        if (connection.id !== committing) return undefined;
        connection.reset();
        return 'swallow';
      });
      server.socket.on('data', () => server.socket.write('done'));
      client.socket.write('COMMIT');
      await client.gone();
      expect(client).toMatchObject({ text: 'ho', error: 'ECONNRESET' });
      expect(server.text).toBe('hiCOMMIT');
      await exchange(other.client, other.server);
    });

    test('swallow loses a chunk only, and a removed hook sees nothing', async () => {
      const { client, server } = await openPair();
      const hook = vi.fn(() => 'swallow' as const);
      const remove = proxy.onClientData(hook);
      client.socket.write('lost');
      await expect.poll(() => hook.mock.calls.length, { interval: 1 }).toBe(1);
      remove();
      client.socket.write('found');
      await server.hears('found');
      expect(server.text).toBe('hifound');
      expect(hook).toHaveBeenCalledOnce();
    });
  });

  test('close resets what is open, and can be called twice', async () => {
    const { client } = await openPair();
    await Promise.all([proxy.close(), proxy.close(), client.gone()]);
    expect(client.error).toBe('ECONNRESET');
    await expect(openClient()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('the fault proxy before a real server', () => {
  let server: Server;
  let proxy: FaultProxy;

  beforeAll(async () => {
    server = await startServer({ name: 'proxied' });
    proxy = await createFaultProxy(server);
  }, 240_000);
  afterAll(async () => {
    await proxy?.close();
    await server?.destroy();
  });

  test.for(['plain', 'TLS'] as const)('one query is one round trip (%s)', async (kind, { skip }) => {
    skip(kind === 'TLS' && server.tls === undefined, 'the certificate of the server of MYSQL_URL is not known');
    const ssl = kind === 'TLS' ? { ssl: { ...server.tls } } : {};
    const connection = await createConnection({ ...server.connectionOptions(), port: proxy.port, ...ssl });
    await connection.query('SELECT 1');
    const before = proxy.roundTrips;
    await connection.query('SELECT 1');
    expect(proxy.roundTrips - before).toBe(1);
    await connection.query("SELECT REPEAT('x', 1000000)");
    expect(proxy.roundTrips - before).toBe(2);
    await connection.end();
  });

  test('a COMMIT whose answer is lost has happened, and the client sees a reset', async () => {
    await server.admin('DROP TABLE IF EXISTS gone_away_proxy');
    await server.admin('CREATE TABLE gone_away_proxy (id INT PRIMARY KEY) ENGINE = InnoDB');
    const connection = await createConnection({ ...server.connectionOptions(), port: proxy.port });
    connection.on('error', () => {});
    await connection.query('BEGIN');
    await connection.query('INSERT INTO gone_away_proxy VALUES (1)');
    const cut = proxy.cutAfter('s2c', 0, 'rst');
    await expect(connection.query('COMMIT')).rejects.toMatchObject({ code: 'ECONNRESET', fatal: true });
    await cut;
    expect(await server.admin('SELECT id FROM gone_away_proxy')).toEqual([{ id: 1 }]);
    await server.admin('DROP TABLE gone_away_proxy');
  });
});

import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection, createServer } from 'mysql2';
import { binaryRow, column, eof, prepared } from '../fuzz/hostile/packets.ts';

/** What mysql2's types leave out of the connections of its `createServer()`. */
export type ServerConnection = Connection & {
  readonly stream: Socket;
  sequenceId: number;
  serverHandshake(args: object): ServerCommand;
  writeOk(args?: object): void;
  writeError(args: object): void;
  writeTextResult(rows: readonly object[], columns: readonly object[]): void;
  writePacket(packet: object): void;
};

interface ServerCommand {
  next: unknown;
}

/** Where it listens, and the end of it. */
export interface CountingServer {
  readonly options: ConnectionOptions;
  close(): Promise<void>;
}

const handshake = {
  protocolVersion: 10,
  serverVersion: '8.0.36-counting',
  connectionId: 1,
  statusFlags: 2,
  characterSet: 45,
  // CLIENT_PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, CONNECT_WITH_DB and the like.
  capabilityFlags: 0x00_02_a2_0f,
};

async function listen(accept: (connection: ServerConnection) => void): Promise<CountingServer> {
  const connections = new Set<ServerConnection>();
  const server = createServer((connection) => {
    const accepted = connection as unknown as ServerConnection;
    connections.add(accepted);
    accepted.on('error', () => {});
    accepted.stream.on('close', () => connections.delete(accepted));
    accept(accepted);
  });
  const { _server: listener } = server as unknown as { _server: Server };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    options: { host: '127.0.0.1', port, user: 'app', password: 'app', database: 'app' },
    close: async () => {
      for (const { stream } of connections) stream.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** A payload in the form that `writePacket()` numbers and writes. */
function outgoing(payload: Buffer): object {
  const buffer = Buffer.concat([Buffer.alloc(4), payload]);
  return {
    buffer,
    length: () => buffer.length,
    writeHeader: (sequenceId: number) => {
      buffer.writeUIntLE(payload.length, 0, 3);
      buffer[3] = sequenceId;
    },
  };
}

const idColumn = {
  ...{ catalog: 'def', schema: '', table: '', orgTable: '', name: 'id', orgName: 'id' },
  ...{ characterSet: 63, columnLength: 11, columnType: 3, flags: 0, decimals: 0 },
};

/** A mock server, made with mysql2's own `createServer()`: each INSERT adds an id, each SELECT reads them all, and all else succeeds. */
export class MockServer {
  /** What was inserted. */
  readonly ids: number[] = [];
  /** Called before a statement is answered; true: it is not. */
  onStatement: (sql: string, connection: ServerConnection) => boolean = () => false;
  readonly #statements: string[] = [];
  #server: CountingServer | undefined;

  async start(): Promise<void> {
    this.#server = await listen((connection) => this.#accept(connection));
  }

  get options(): ConnectionOptions {
    return this.#server?.options ?? {};
  }

  /** How often this statement was received. */
  received(text: string): number {
    return this.#statements.filter((sql) => sql === text).length;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #accept(connection: ServerConnection): void {
    connection.serverHandshake(handshake);
    connection.on('query', (sql: string) => this.#answer(sql, connection));
    const texts: string[] = [];
    connection.on('stmt_prepare', (sql: string) => {
      // As createServer() hands over a SET that is sent as a query.
      if (sql.startsWith('SET')) return this.#answer(sql, connection);
      const parameters = sql.split('?').length - 1;
      texts.push(sql);
      const definitions = Array.from({ length: parameters }, () => column('?', 253));
      const end = parameters > 0 ? [eof(2)] : [];
      for (const payload of [prepared(texts.length, 0, parameters), ...definitions, ...end]) {
        connection.writePacket(outgoing(payload));
      }
    });
    connection.on('stmt_execute', (id: number, _flags: number, _count: number, values: readonly unknown[]) => {
      let next = 0;
      const sql = (texts[id - 1] ?? '').replaceAll('?', () => {
        const value = values[next];
        next += 1;
        return String(value);
      });
      if (!sql.startsWith('SELECT')) return this.#answer(sql, connection);
      const rows = this.ids.map((inserted) => binaryRow([inserted]));
      for (const payload of [Buffer.from([1]), column('id', 3), eof(2), ...rows, eof(2)]) {
        connection.writePacket(outgoing(payload));
      }
    });
  }

  #answer(sql: string, connection: ServerConnection): void {
    this.#statements.push(sql);
    if (this.onStatement(sql, connection)) return;
    const inserted = /^INSERT .*\((\d+)\)$/.exec(sql);
    if (inserted !== null) this.ids.push(Number(inserted[1]));
    if (sql.startsWith('SELECT')) {
      connection.writeTextResult(
        this.ids.map((id) => ({ id })),
        [idColumn],
      );
    } else if (sql.startsWith('FAIL')) connection.writeError({ code: 1064, message: 'a mistake' });
    else connection.writeOk({ affectedRows: inserted === null ? 0 : 1 });
  }
}

/**
 * A proxy in front of a real server, made with mysql2's own `createServer()`: it hands over what both sides say, and numbers what the server says
 * itself.
 */
export function startCountingProxy(to: ConnectionOptions): Promise<CountingServer> {
  return listen((connection) => {
    // Its client sends none, and the server would look for them.
    const remote = createConnection({ ...to, flags: ['-CLIENT_QUERY_ATTRIBUTES', '-QUERY_ATTRIBUTES'] });
    hideExtensions(remote as unknown as Remote);
    remote.on('error', () => connection.stream.destroy());
    remote.on('connect', () => {
      const { stream, _handshakePacket: greeting } = remote as unknown as Remote;
      const { serverVersion, characterSet, capabilityFlags, statusFlags } = greeting;
      // Neither TLS nor compression, and nothing that the two sides would have to agree on.
      const flags = handshake.capabilityFlags & capabilityFlags;
      const command = connection.serverHandshake({
        ...handshake,
        ...{ serverVersion, characterSet, statusFlags, capabilityFlags: flags },
        authCallback: (_: unknown, accept: (error: null) => void) => {
          accept(null);
          process.nextTick(() => {
            command.next = function forward({ buffer, start, end }: Packet): unknown {
              const payload = buffer.subarray(start + 4, end);
              const header = Buffer.alloc(4);
              header.writeUIntLE(payload.length, 0, 3);
              stream.write(Buffer.concat([header, payload]));
              return forward;
            };
          });
        },
      });
      stream.removeAllListeners('data');
      stream.on('close', () => connection.stream.destroy());
      connection.stream.on('close', () => stream.destroy());
      let pending = Buffer.alloc(0);
      stream.on('data', (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
          const length = pending.readUIntLE(0, 3);
          connection.writePacket(outgoing(pending.subarray(4, 4 + length)));
          pending = pending.subarray(4 + length);
        }
      });
    });
  });
}

/** MariaDB's own capabilities are in its greeting where MySQL's has zeros. Columns would have other packets then, and the client of the proxy does not know. */
function hideExtensions(remote: Remote): void {
  const { handlePacket } = remote;
  remote.handlePacket = (packet) => {
    remote.handlePacket = handlePacket;
    const afterVersion = packet.buffer.indexOf(0, packet.start + 5) + 1;
    packet.buffer.fill(0, afterVersion + 27, afterVersion + 31);
    handlePacket.call(remote, packet);
  };
}

interface Packet {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

interface Remote {
  handlePacket(packet: Packet): void;
  readonly stream: Socket;
  readonly _handshakePacket: {
    readonly serverVersion: string;
    readonly characterSet: number;
    readonly capabilityFlags: number;
    readonly statusFlags: number;
  };
}

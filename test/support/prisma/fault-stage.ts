import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createTables } from '../../../prisma/tables.ts';
import type { ResilienceOptions } from '../../../src/index.ts';
import { createFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import { type Server, startServer } from '../server/server.ts';
import { withConnection } from '../server/server-admin.ts';
import { borrow } from '../vitest/borrowed-server.ts';
import { createPrismaOn, type PrismaOnPool } from './prisma-on.ts';

/** A server, a fault proxy in front of it, and Prisma on a pool of two connections through that; fresh for every test but the server. */
export interface FaultStage extends Pick<PrismaOnPool, 'prisma' | 'pool'> {
  readonly server: Server;
  readonly proxy: FaultProxy;
  /** Another Prisma on the same proxy; the caller closes it. */
  open(policy: ResilienceOptions): Promise<PrismaOnPool>;
  /** The truth: the addresses in `user`, in the order of their insertion. */
  emails(): Promise<readonly string[]>;
  /** Loses the answer to the next packet that contains these words; the server has executed it by then. */
  loseAnswerTo(words: string): void;
  /** Breaks the connection under the next packet that contains these words, which the server never sees. */
  losePacketWith(words: string): void;
  /** Swallows what the server says with this word in it; returns what ends that. */
  silence(word: string): () => void;
  killAll(): Promise<void>;
}

/** Registers the hooks of a test file. */
export function createFaultStage(name: string): FaultStage {
  let server: Server;
  let proxy: FaultProxy;
  let on: PrismaOnPool;
  const options = () => ({ ...server.connectionOptions(), host: proxy.host, port: proxy.port });

  beforeAll(async () => {
    server = borrow(await startServer({ name }));
    proxy = await createFaultProxy(server);
    await withConnection(server.connectionOptions(), (connection) => createTables((sql) => connection.query(sql)));
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.destroy();
  });
  beforeEach(async () => {
    await withConnection(server.connectionOptions(), (connection) => connection.query('DELETE FROM user'));
    on = await createPrismaOn({ ...options(), connectionLimit: 2 });
  });
  afterEach(() => on.close());

  return {
    get server() {
      return server;
    },
    get proxy() {
      return proxy;
    },
    get prisma() {
      return on.prisma;
    },
    get pool() {
      return on.pool;
    },
    open: (policy) => createPrismaOn(options(), policy),
    emails: async () => {
      const { database } = server.connectionOptions();
      const rows = await server.admin<{ email: string }[]>(`SELECT email FROM ${database}.user ORDER BY id`);
      return rows.map(({ email }) => email);
    },
    loseAnswerTo: (words) => {
      const stop = proxy.onClientData((chunk) => {
        if (!chunk.includes(words)) return undefined;
        stop();
        void proxy.cutAfter('s2c', 0, 'rst');
        return undefined;
      });
    },
    losePacketWith: (words) => {
      const stop = proxy.onClientData((chunk, connection) => {
        if (!chunk.includes(words)) return undefined;
        stop();
        connection.reset();
        return 'swallow';
      });
    },
    silence: (word) => proxy.onServerData((chunk) => (chunk.includes(word) ? 'swallow' : undefined)),
    killAll: async () => {
      for (const id of await server.threads(server.connectionOptions().user)) await server.killThread(id);
    },
  };
}

/** What this fails with. */
export function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

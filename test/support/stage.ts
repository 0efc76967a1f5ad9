import { connect } from 'node:net';
import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createFaultProxy, type FaultProxy } from './proxy/fault-proxy.ts';
import { openTransactions } from './server/open-transactions.ts';
import { notOurs, type Server, type ServerUser, startServer } from './server/server.ts';
import { withConnection } from './server/server-admin.ts';
import { borrow } from './vitest/borrowed-server.ts';

/** A machine without a server fetches one first. */
const firstStart = 240_000;

/** As root makes them, in the database of the stage. */
export const stageTables: readonly string[] = [
  // `id` is the client's and has no unique key on purpose: a write that was applied twice shows as two rows.
  'CREATE TABLE stage_rows (seq INT AUTO_INCREMENT PRIMARY KEY, id INT NOT NULL) ENGINE = InnoDB',
  'CREATE TABLE stage_keyed (id INT PRIMARY KEY, writes INT NOT NULL DEFAULT 1) ENGINE = InnoDB',
];

const ordinarySettings = [
  'SET GLOBAL read_only = 0',
  'SET GLOBAL wait_timeout = 28800',
  'SET GLOBAL max_connections = 200',
];

interface Closable {
  end(): Promise<unknown>;
}

/** A real server, a fault proxy in front of it, and what a test opened on them. */
export class Stage {
  #server: Server | undefined;
  #flags: readonly string[] = [];
  /** Threads that play root. On somebody else's server they are the same user's as all others. */
  readonly #rootThreads: Set<number> = new Set();
  #proxy: FaultProxy | undefined;
  #router: FaultProxy | undefined;
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  get server(): Server {
    if (this.#server === undefined) throw new Error('the server is started before the first test of its file');
    return this.#server;
  }

  get proxy(): FaultProxy {
    if (this.#proxy === undefined) throw new Error('the proxy is started before the first test of its file');
    return this.#proxy;
  }

  get router(): FaultProxy {
    if (this.#router === undefined) throw new Error('the router is started before the first test of its file');
    return this.#router;
  }

  /** Whose threads {@link Server.threads} lists. */
  get user(): string {
    return String(this.direct().user);
  }

  /** Straight to the server. */
  direct(user: ServerUser = 'app'): ConnectionOptions {
    return this.server.connectionOptions(user);
  }

  /** Through the fault proxy. A handshake that meets silence ends soon, so that a test need not wait for mysql2's ten seconds. */
  proxied(user: ServerUser = 'app'): ConnectionOptions {
    const { host, port } = this.proxy;
    return { ...this.direct(user), host, port, connectTimeout: 400 };
  }

  /** Through {@link router}: a network that misbehaves, in which the server sees the clients' own addresses and ports. */
  routed(user: ServerUser = 'app'): ConnectionOptions {
    const { host, port } = this.router;
    return {
      ...this.direct(user),
      host,
      port,
      connectTimeout: 400,
      stream: () => connect({ host, port, localAddress: '127.0.0.1', noDelay: true }),
    };
  }

  /** Ends `closable` after the test. Where the test broke its connections, mysql2 says so, and nobody wants to know. */
  closing<T extends Closable>(closable: T): T {
    this.after(() => closable.end().catch(() => {}));
    return closable;
  }

  /** Runs `cleanup` after the test; what was registered last runs first. */
  after(cleanup: () => Promise<unknown>): void {
    this.#cleanups.unshift(cleanup);
  }

  /** The truth, as root sees it: the ids in `stage_rows`, in the order of their insertion. */
  async rows(): Promise<readonly number[]> {
    const found = await this.server.admin<readonly { id: number }[]>('SELECT id FROM stage_rows ORDER BY seq');
    return found.map(({ id }) => id);
  }

  /** The transactions under test that are open, and do not end within fifteen seconds; each in words. */
  openTransactions(): Promise<readonly string[]> {
    return openTransactions((sql, params) => this.server.admin(sql, params), this.user, patient.timeout);
  }

  /** How many rows the work with this id has left behind. */
  async countOf(id: number): Promise<number> {
    return (await this.rows()).filter((found) => found === id).length;
  }

  /** Keeps everybody else off a table, so that a statement in flight stays so. Resolves with the function that ends it. */
  lock(table: 'stage_rows' | 'stage_keyed' = 'stage_rows'): Promise<() => Promise<void>> {
    return this.#hold([`LOCK TABLES ${table} WRITE`]);
  }

  /** As {@link lock}, with InnoDB's locks: no row can be inserted into `stage_rows`, also not in a transaction that has used it. */
  lockRows(): Promise<() => Promise<void>> {
    return this.#hold(['BEGIN', 'SELECT * FROM stage_rows FOR UPDATE']);
  }

  /** As {@link lockRows}, one row of `stage_keyed`. */
  lockKeyed(id: number): Promise<() => Promise<void>> {
    return this.#hold(['BEGIN', `SELECT * FROM stage_keyed WHERE id = ${id} FOR UPDATE`]);
  }

  async #hold(statements: readonly string[]): Promise<() => Promise<void>> {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let whole: Promise<unknown> = Promise.resolve();
    await new Promise<void>((held, failed) => {
      whole = this.asRoot(async (root) => {
        for (const statement of statements) await root.query(statement);
        held();
        await released;
      });
      whole.catch(failed);
    });
    const end = async () => {
      release();
      // A test may have taken the server down under it.
      await whole.catch(() => {});
    };
    this.after(end);
    return end;
  }

  /** Resolves with the thread ids when exactly so many statements of {@link user} wait for a locked table. */
  async inFlight(count: number): Promise<readonly number[]> {
    const waiting = () => this.#threads("state LIKE 'Waiting for table%lock'");
    await expect.poll(async () => (await waiting()).length, patient).toBe(count);
    return waiting();
  }

  /** Resolves with the thread ids of the statements of {@link user} when exactly one of all statements waits for a locked row. */
  async inFlightBehindRow(): Promise<readonly number[]> {
    const waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
    await expect.poll(() => this.server.admin(waits), patient).toMatchObject([{ Value: '1' }]);
    return this.#threads("command IN ('Query', 'Execute')");
  }

  async #threads(condition: string): Promise<readonly number[]> {
    const sql = `SELECT id AS id FROM information_schema.processlist WHERE user = '${this.user}' AND ${condition} ORDER BY id`;
    return (await this.server.admin<readonly { id: number }[]>(sql)).map(({ id }) => id);
  }

  /** Lets the test kill connections and act in the very moment in which the server confirms it. */
  asRoot<T>(work: (root: Connection) => Promise<T>): Promise<T> {
    return withConnection(this.server.connectionOptions('root'), async (root) => {
      this.playsRoot(root.threadId);
      try {
        return await work(root);
      } finally {
        this.#rootThreads.delete(root.threadId);
      }
    });
  }

  /** Makes a procedure of the database of the stage, in place of one with this name. */
  makeProcedure(name: string, body: string, parameters = ''): Promise<void> {
    return this.asRoot(async (root) => {
      await root.query(`DROP PROCEDURE IF EXISTS ${name}`);
      await root.query(`CREATE PROCEDURE ${name}(${parameters}) ${body}`);
    });
  }

  /** Leaves a connection out of what {@link Server.threads} lists, whoever its user is. */
  playsRoot(threadId: number): void {
    this.#rootThreads.add(threadId);
  }

  async start(name: string, flags: readonly string[]): Promise<void> {
    const server = borrow(await startServer({ name, flags }));
    const threads = async (user?: string) =>
      (await server.threads(user)).filter((id) => user === 'root' || !this.#rootThreads.has(id));
    this.#server = server.controllable ? server : { ...server, threads };
    this.#flags = flags;
  }

  /** For `skip()`: a server that was started with flags is one that we have started. */
  get lacksFlags(): [skipped: boolean, reason: string] {
    const [external, reason] = notOurs(this.server, `it was not started with ${this.#flags.join(' ')}`);
    return [external && this.#flags.length > 0, reason];
  }

  async reset(): Promise<void> {
    if (!this.server.running) await this.server.start();
    this.#proxy = await createFaultProxy(this.server);
    this.#router = await createFaultProxy({ host: this.server.host, port: this.server.port, transparent: true });
    await this.asRoot(async (root) => {
      for (const setting of this.server.controllable ? ordinarySettings : []) await root.query(setting);
      await root.query('DROP TABLE IF EXISTS stage_rows, stage_keyed');
      for (const table of stageTables) await root.query(table);
    });
  }

  /** A healthy world for whatever still waits, then the end of all that the test opened. */
  async clear(): Promise<void> {
    if (this.server.controllable) await this.server.thaw();
    if (!this.server.running) await this.server.start();
    for (const path of [this.proxy, this.router]) {
      path.delay(0);
      path.set('pass');
      path.resetAll();
    }
    for (const cleanup of this.#cleanups.splice(0)) await cleanup();
    // Not waited for: it waits for the last of its connections, and what is left of those is nobody's business any more.
    for (const path of [this.proxy, this.router]) path.close().catch(() => {});
  }

  async stop(): Promise<void> {
    await this.#server?.destroy();
  }
}

/** For `expect.poll` and `vi.waitFor` on a machine that is busy with other things. */
export const patient = { timeout: 15_000, interval: 5 } as const;

/** For `describe`: tests here wait for servers, and the machine may be slow. */
export const unhurried = { timeout: 60_000 } as const;

/** One server for all tests of a file; a proxy of its own and empty tables for each of them. */
export function useStage(name: string, flags: readonly string[] = []): Stage {
  const stage = new Stage();
  beforeAll(() => stage.start(name, flags), firstStart);
  beforeEach(async ({ skip }) => {
    await stage.reset();
    skip(...stage.lacksFlags);
  }, unhurried.timeout);
  afterEach(() => stage.clear(), unhurried.timeout);
  afterAll(() => stage.stop(), unhurried.timeout);
  return stage;
}

import type { Connection, Pool } from 'mysql2';
import { classify, isRefusedByServer, realEnvironment, timers } from '../../../src/internal.ts';
import { whenClosed } from '../driver/close-connection.ts';
import { destroyConnection, type Endpoints, endpointsOf, threadIdOf, userNow } from '../driver/connection.ts';
import { openControlConnection } from '../driver/pool.ts';
import { connectWith } from '../source/credential-source.ts';
import { credentialsOf } from '../source/pool-credentials.ts';
import { bounded } from '../wait/bounded.ts';
import { ProbePause } from '../wait/probe-pause.ts';
import { errnoOf, existingThreads, noSuchThread, ProcessList, querySimply } from './process-list.ts';
import type { ControlSelf, Thread } from './session-identity.ts';

/** What came back when the server was asked about threads. */
export type Look =
  | {
      readonly answer: 'threads';
      readonly self: ControlSelf;
      readonly threads: readonly Thread[];
      /** Of the ids that were asked for: threads that are there, and that the list does not show. */
      readonly unlisted: readonly number[];
      /** Each worker of the server's thread pool is at work, so that it may not have read yet what a session has sent. */
      readonly isFull: boolean;
    }
  /** The server, or something in its place, answered, but not that: too many connections, a changed password. */
  | { readonly answer: 'error' }
  /** `refused`: nobody listens there, which is known at once; otherwise there was silence, or the connection was lost. */
  | { readonly answer: 'none'; readonly refused: boolean };

/** What came back when a thread was to be stopped. */
export type Kill = 'killed' | 'no-such-thread' | 'refused' | 'none';

/** Without a question for so long, in milliseconds, it is closed. */
const idleTimeout = 2_000;

/** How long the server is waited for that was told that it is closed, in milliseconds. */
const longestFarewell = 1_000;

/** None of them needs a privilege; what a server does not have, it leaves out. Together they tell the servers of a cluster apart. */
const namesOfServer =
  "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('hostname', 'port', 'datadir', 'server_id', 'server_uuid', 'server_uid')";

const threadSettings = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('thread_handling', 'thread_pool_max_threads')";

/** An idle connection of the pool, on loan. */
export interface Borrowed {
  readonly connection: Connection;
  giveBack(): void;
  /** It owes an answer. */
  discard(): void;
}

/** What a connection beside the pool needs of that. */
export interface PoolBeside {
  /** For a server that takes no new connections: one of the pool that is idle; undefined where there is none. */
  borrow(): Promise<Borrowed | undefined>;
  /** With what the server refuses connections, as the pool has heard, while it is not to be asked again; undefined otherwise. */
  refusal(): unknown;
}

const nothingBeside: PoolBeside = { borrow: async () => undefined, refusal: () => undefined };

interface Open {
  readonly connection: Connection;
  readonly self: ControlSelf;
  /** How many workers the server's thread pool may have; undefined where each session has a thread of its own. */
  readonly mostWorkers: number | undefined;
}

/**
 * A connection beside the pool on which the server is asked about the pool's own sessions. Opened when it is needed, closed when it was
 * idle, opened again when it was lost; it waits for nothing that the pool waits for, and keeps no process alive.
 */
export class ControlConnection {
  readonly #pool: Pool;
  readonly #to: Endpoints | undefined;
  readonly #beside: PoolBeside;
  readonly #servers = new Set<string>();
  #open: Promise<Open> | undefined;
  /** It has been made, and has answered. */
  #isMade = false;
  /** A server that refuses is not asked again by everybody who has a question. */
  readonly #pause = new ProbePause(realEnvironment);
  #refusedWith: unknown;
  readonly #list = new ProcessList();
  #asking = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * @param to where the sessions are that will be asked about
   */
  constructor(pool: Pool, to: Endpoints | undefined, beside: PoolBeside = nothingBeside) {
    this.#pool = pool;
    this.#to = to;
    this.#beside = beside;
  }

  /** More than one server was met at this address: it is shared, or was taken over. */
  get hasSeveralServers(): boolean {
    return this.#servers.size > 1;
  }

  /**
   * Asks for the threads with these ids.
   *
   * @param patience in milliseconds
   * @param anew on a connection that is made for this, so that a load balancer chooses again
   * @param mayBorrow over an idle connection of the pool, where the server takes no new one
   */
  async look(ids: readonly number[], patience: number, anew = false, mayBorrow = false): Promise<Look> {
    if (anew) this.close();
    const until = timers.now() + patience;
    const look = await this.#ask(patience, (open) => this.#look(open, ids));
    return look.answer === 'error' && mayBorrow ? ((await this.#lookFromPool(ids, until)) ?? look) : look;
  }

  async #look({ connection, self, mostWorkers }: Open, ids: readonly number[]): Promise<Look> {
    const threads = await this.#list.threads(connection, self, ids);
    if (threads === undefined) return { answer: 'error' };
    const missing = ids.filter((asked) => threads.every(({ id }) => id !== asked));
    const unlisted = await existingThreads(connection, missing);
    return { answer: 'threads', self, threads, unlisted, isFull: await isFull(connection, mostWorkers) };
  }

  /** The server takes no connection beside the pool: it is full, or the password has been changed since. */
  async #lookFromPool(ids: readonly number[], until: number): Promise<Look | undefined> {
    const borrowed = await this.#beside.borrow();
    if (borrowed === undefined) return undefined;
    try {
      const introduced = this.#introduce(borrowed.connection);
      const look = await within(
        until,
        introduced.then((open) => this.#look(open, ids)),
      );
      borrowed.giveBack();
      return look;
    } catch {
      borrowed.discard();
      return undefined;
    }
  }

  /**
   * Stops a thread that was seen there.
   *
   * @param seenBy the connection that has seen it: another one may be on another server, where the id is a stranger's
   * @param patience in milliseconds
   */
  async kill(threadId: number, seenBy: ControlSelf, patience: number): Promise<Kill> {
    const result = await this.#ask<Kill>(patience, async ({ connection, self }) => {
      if (self !== seenBy) return 'none';
      try {
        await querySimply(connection, `KILL ${Math.trunc(threadId)}`);
        return 'killed';
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        return errno === noSuchThread ? 'no-such-thread' : 'refused';
      }
    });
    if (typeof result === 'string') return result;
    return result.answer === 'error' ? 'refused' : 'none';
  }

  /**
   * What the server takes in one packet at most, in bytes; undefined where it does not say.
   *
   * @param patience in milliseconds
   */
  async packetLimit(patience: number): Promise<number | undefined> {
    const result = await this.#ask(patience, async ({ connection }) => {
      const [row] = (await querySimply(
        connection,
        'SELECT @@global.max_allowed_packet AS bytes',
      )) as readonly Setting[];
      return Number(row?.bytes);
    });
    return typeof result === 'number' && Number.isSafeInteger(result) ? result : undefined;
  }

  /** Ends it in good order, after what was asked already; the next question opens another. */
  close(): void {
    timers.clearTimeout(this.#idle);
    const open = this.#open;
    this.#open = undefined;
    open?.then(
      ({ connection }) => {
        const timer = timers.setTimeout(() => destroyConnection(connection), longestFarewell).unref();
        void whenClosed(connection).then(() => timers.clearTimeout(timer));
        connection.end();
      },
      () => {},
    );
  }

  /**
   * Ends it for somebody who needs its place: the server takes no more connections, or no more of this user.
   *
   * @returns whether there was one; the server has ended it by then, or did not say so for a second
   */
  async giveWay(): Promise<boolean> {
    if (this.#open === undefined) return false;
    const until = timers.now() + longestFarewell;
    const open = await within(until, this.#open).catch(() => undefined);
    if (open === undefined) return false;
    const ended = whenClosed(open.connection);
    this.close();
    await within(until, ended).catch(() => {});
    return true;
  }

  async #ask<T>(
    patience: number,
    question: (open: Open) => Promise<T>,
  ): Promise<T | Extract<Look, { answer: 'error' | 'none' }>> {
    const until = timers.now() + patience;
    timers.clearTimeout(this.#idle);
    this.#asking += 1;
    try {
      for (;;) {
        const isNew = this.#open === undefined || !this.#isMade;
        try {
          return await this.#within(until, question);
        } catch (error) {
          // It may have been lost long ago; one that is only being made was not.
          if (isNew || timers.now() >= until) return withoutAnswer(error);
        }
      }
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#idle = timers.setTimeout(() => this.close(), idleTimeout).unref();
    }
  }

  /** A connection that owes an answer is not asked again. */
  async #within<T>(until: number, question: (open: Open) => Promise<T>): Promise<T> {
    this.#open ??= this.#connect(until);
    const open = this.#open;
    try {
      return await within(until, open.then(question));
    } catch (error) {
      if (this.#open === open) this.#open = undefined;
      open.then(({ connection }) => destroyConnection(connection)).catch(() => {});
      throw error;
    }
  }

  async #connect(until: number): Promise<Open> {
    this.#isMade = false;
    const refusal = this.#pause.isOver ? this.#beside.refusal() : this.#refusedWith;
    if (refusal !== undefined) throw refusal;
    try {
      const open = await this.#make(until);
      this.#pause.succeeded();
      this.#isMade = true;
      return open;
    } catch (error) {
      const failure = classify(error);
      if (isRefusedByServer(failure)) {
        this.#refusedWith = error;
        this.#pause.failed(failure);
      }
      throw error;
    }
  }

  #make(until: number): Promise<Open> {
    return connectWith(credentialsOf(this.#pool), async (credentials) => {
      const connection = openControlConnection(this.#pool, this.#to, credentials);
      try {
        return await within(until, this.#introduce(connection));
      } catch (error) {
        destroyConnection(connection);
        throw error;
      }
    });
  }

  async #introduce(connection: Connection): Promise<Open> {
    const [own] = (await querySimply(connection, 'SELECT CONNECTION_ID() AS id')) as readonly { id: unknown }[];
    // What the server may have for all sessions: it would leave out a part of what is asked for next.
    await querySimply(connection, 'SET SESSION sql_select_limit = 18446744073709551615').catch(ignoreServersError);
    const names = (await querySimply(connection, namesOfServer)) as readonly Record<string, unknown>[];
    const server = JSON.stringify(names.map((row) => Object.values(row)).sort());
    // Two tell as much as a thousand.
    if (this.#servers.size < 2) this.#servers.add(server);
    const self = {
      threadId: threadIdOf(connection),
      connectionId: Number(own?.id),
      endpoints: endpointsOf(connection),
      user: userNow(connection),
      server,
      serverSince: await serverSince(connection),
    };
    return { connection, self, mostWorkers: await mostWorkersOf(connection) };
  }
}

function ignoreServersError(error: unknown): void {
  if (errnoOf(error) === undefined) throw error;
}

type Setting = Readonly<Record<string, unknown>>;

/** When the server has started, at the latest, on the monotonic clock, in milliseconds. */
async function serverSince(connection: Connection): Promise<number | undefined> {
  const [row] = (await querySimply(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'")) as readonly Setting[];
  const seconds = row === undefined ? Number.NaN : Number(Object.values(row)[1]);
  return Number.isFinite(seconds) ? timers.now() - seconds * 1_000 : undefined;
}

async function mostWorkersOf(connection: Connection): Promise<number | undefined> {
  const rows = (await querySimply(connection, threadSettings)) as readonly Setting[];
  const settings = new Map(rows.map((row) => Object.values(row).map(String) as [string, string]));
  const handling = settings.get('thread_handling');
  if (handling === undefined || handling.startsWith('one-thread')) return undefined;
  return Number(settings.get('thread_pool_max_threads') ?? 0);
}

/** Asked of a server with a thread pool alone. One that does not say may be full. */
async function isFull(connection: Connection, mostWorkers: number | undefined): Promise<boolean> {
  if (mostWorkers === undefined) return false;
  const [row] = (await querySimply(connection, "SHOW GLOBAL STATUS LIKE 'Threadpool_threads'")) as readonly Setting[];
  return row === undefined || Number(Object.values(row)[1]) >= mostWorkers;
}

const silence: unique symbol = Symbol('no answer in time');

function within<T>(until: number, work: Promise<T>): Promise<T> {
  return bounded<T>({ until, signal: undefined, timedOut: () => silence, keepsAlive: false }, ({ resolve, reject }) => {
    work.then(resolve, reject);
  });
}

function withoutAnswer(error: unknown): Extract<Look, { answer: 'error' | 'none' }> {
  if (error === silence) return { answer: 'none', refused: false };
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  const isOfNetwork = typeof code === 'string' && /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|EAI_[A-Z]+)$/.test(code);
  if (errnoOf(error) !== undefined || !isOfNetwork) return { answer: 'error' };
  return { answer: 'none', refused: code === 'ECONNREFUSED' || code === 'ENOENT' };
}

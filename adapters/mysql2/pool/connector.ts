import type { Pool, PoolConnection } from 'mysql2';
import {
  AcquireTimeoutError,
  attachEvidence,
  classify,
  type Environment,
  type Failure,
  neverAcquired,
  notPreparedCode,
  type RetryPolicy,
  type WatchOptions,
} from '../../../src/internal.ts';
import { hasRunningCommand } from '../driver/connection.ts';
import { IdleConnections } from '../driver/idle-connections.ts';
import { lookForInternals, warnOfMissing } from '../driver/look-for-internals.ts';
import { connectionsOf, guardNewestConnection, hasRoom, idleCount, isPoolClosed } from '../driver/pool.ts';
import { pulseOf } from '../driver/pulse.ts';
import { bounded } from '../wait/bounded.ts';
import type { AcquireLimits } from './acquire-limits.ts';
import type { Generation } from './generation.ts';
import { judgeLiveness } from './liveness.ts';
import type { Neighbours } from './neighbours.ts';
import type { Glimpse } from './pool-looks.ts';
import { type BesideThePool, PooledConnection } from './pooled-connection.ts';
import { preparesConnections } from './preparation.ts';
import { ProbeGate } from './probe-gate.ts';

/** ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED */
const noPlace: ReadonlySet<number> = new Set([1040, 1203, 1226]);

type GetCallback = (error: unknown, connection: PoolConnection) => void;

/** Gets connections from mysql2's pool and knows each again. While the server is down, one caller at a time tries to connect. */
export class Connector {
  readonly #pool: Pool;
  readonly #generation: Generation;
  readonly #beside: BesideThePool;
  readonly #giveWay: () => Promise<boolean>;
  readonly #idle: IdleConnections;
  readonly #environment: Environment;
  readonly #gate: ProbeGate;
  readonly #connections = new WeakMap<PoolConnection, PooledConnection>();
  /** How many wait for a new connection, and since when none of them got one. */
  #connecting = 0;
  #connectingSince = 0;

  /** @param giveWay ends the connections of this package beside the pool, so that the pool can have their places; tells whether there were any */
  constructor(
    pool: Pool,
    generation: Generation,
    beside: BesideThePool,
    giveWay: () => Promise<boolean>,
    environment: Environment,
  ) {
    this.#pool = pool;
    this.#generation = generation;
    this.#beside = beside;
    this.#giveWay = giveWay;
    this.#idle = new IdleConnections(pool);
    this.#environment = environment;
    this.#gate = new ProbeGate(environment);
  }

  /** Since when the server is known to be away; undefined while it is not. */
  get awaySince(): number | undefined {
    return this.#gate.downSince;
  }

  /** What whoever connects now would hear, of a server that answers and refuses; undefined where that is to be tried. */
  get refusal(): unknown {
    return this.#gate.refusal;
  }

  /** Since when a new connection is being made, and none was; undefined while none is. */
  get connectingSince(): number | undefined {
    return this.#connecting > 0 ? this.#connectingSince : undefined;
  }

  /** The connections that somebody holds. */
  held(): readonly PooledConnection[] {
    const all = connectionsOf(this.#pool).map((core) => this.#connections.get(core as unknown as PoolConnection));
    return all.filter((pooled) => pooled?.holder !== undefined) as PooledConnection[];
  }

  /** What all connections of the pool look like now, whoever has them. */
  glimpses(): readonly Glimpse[] {
    return connectionsOf(this.#pool).map((connection) => {
      const taken = this.#connections.get(connection as unknown as PoolConnection)?.rowsTaken;
      return { connection, pulse: `${pulseOf(connection)} ${taken}`, givenBack: connection.lastActiveTime };
    });
  }

  /** Whether the server is at work on a connection that somebody uses past this package. */
  hasWorkingNeighbour(neighbours: Neighbours, watch: WatchOptions | false): boolean {
    return connectionsOf(this.#pool).some((connection) => {
      const pooled = this.#connections.get(connection as unknown as PoolConnection);
      return pooled?.holder === undefined && neighbours.isAtWork(connection, pooled?.session, watch);
    });
  }

  /** Why the last attempt to connect failed, while the server is down. */
  get lastError(): unknown {
    return this.#gate.lastError;
  }

  get lastFailure(): Failure | undefined {
    return this.#gate.lastFailure;
  }

  /**
   * A connection, idle or new, of which nobody has looked yet whether it is still good. A call that waits for no server that is away gets its answer at once.
   *
   * @throws what `timedOut` makes; the driver's error, when trying again cannot help; the signal's reason
   */
  async connect(policy: RetryPolicy, limits: AcquireLimits): Promise<PooledConnection> {
    for (;;) {
      if (!this.#gate.isDown || this.#hasIdle() || isPoolClosed(this.#pool)) {
        const connection = await this.#tryConnect(policy, limits);
        if (connection !== undefined) return connection;
      } else if (!limits.waitsForServer && !this.#gate.isProbeDue()) {
        throw limits.timedOut();
      } else if (this.#gate.tryLead()) {
        try {
          if (limits.waitsForServer) await this.#gate.pauseBeforeProbe(limits);
          // It may have been woken for an idle connection that somebody else has by now: that is no reason to ask the server.
          const mayTry = this.#gate.isProbeDue() || this.#hasIdle() || isPoolClosed(this.#pool);
          const connection = mayTry ? await this.#tryConnect(policy, limits) : undefined;
          if (connection !== undefined) return connection;
        } finally {
          this.#gate.stopLeading();
        }
      } else if (!limits.waitsForServer) {
        throw limits.timedOut();
      } else {
        await this.#gate.waitForChange(limits);
      }
    }
  }

  /** A new connection is fit for use: only then the server does again what callers wait for. */
  noteReady(): void {
    this.#gate.succeeded();
  }

  /**
   * A new connection was lost before anybody had it, by what a listener of the pool's events did, or meanwhile: to a caller, the same as one that could not be made.
   *
   * @throws what the server has said, where trying again cannot help, or the call waits for no server
   */
  noteSpoilt({ endedBy, wasDestroyed }: PooledConnection, limits: AcquireLimits): void {
    const said = endedBy === undefined ? undefined : classify(endedBy);
    if (said !== undefined && !said.transient) {
      this.#gate.succeeded();
      attachEvidence(endedBy, neverAcquired);
      throw endedBy;
    }
    const error = said === undefined && wasDestroyed ? destroyedByListener() : lostUnderListener(endedBy);
    attachEvidence(error, neverAcquired);
    this.#gate.failed(error, classify(error));
    if (!limits.waitsForServer) throw error;
  }

  /** A connection was given back: an idle one is of use to calls that wait for the server to accept new ones. */
  noteGivenBack(): void {
    if (this.#gate.isDown && this.#hasIdle()) this.#gate.wakeWaiting();
  }

  /** The pool was ended: whoever waits hears of it from mysql2. */
  notePoolEnded(): void {
    this.#gate.wakeWaiting();
  }

  /** An idle connection that may be used in this very turn; undefined where there is none, or something has to be done before. */
  takeReady({ liveness }: RetryPolicy): PooledConnection | undefined {
    const core = this.#idle.next();
    const pooled = core && this.#connections.get(core);
    if (core === undefined || pooled === undefined || pooled.isNew || hasRunningCommand(core)) return undefined;
    const trust = judgeLiveness(pooled, this.#generation, liveness, this.#environment.wallClock());
    if (trust.action !== 'use') return undefined;
    this.#idle.take();
    return pooled;
  }

  /** Undefined if there was none to be had just now; throws where trying again cannot help. */
  async #tryConnect(
    policy: RetryPolicy,
    limits: AcquireLimits,
    mayGiveWay = true,
  ): Promise<PooledConnection | undefined> {
    // Of a connection that is new, all that is sure is that it was begun after this.
    const generation = this.#generation.number;
    try {
      const track = (core: PoolConnection, isFresh: boolean) => this.#track(core, isFresh, generation, policy);
      return track(await this.#fromPool(limits, track), false);
    } catch (error) {
      if (error instanceof AcquireTimeoutError || limits.signal?.aborted === true) throw error;
      attachEvidence(error, neverAcquired);
      const failure = classify(error);
      if (mayGiveWay && failure.errno !== undefined && noPlace.has(failure.errno) && (await this.#giveWay())) {
        return this.#tryConnect(policy, limits, false);
      }
      if (!failure.transient) {
        this.#gate.succeeded();
        throw error;
      }
      this.#gate.failed(error, failure);
      if (failure.invalidates === 'server') this.#generation.invalidate();
      if (!limits.waitsForServer) throw error;
      return undefined;
    }
  }

  async #fromPool(limits: AcquireLimits, track: Track): Promise<PoolConnection> {
    const get = (callback: GetCallback) => this.#pool.getConnection(callback);
    // An idle connection comes with the next tick: no timer is needed for that.
    if (this.#hasIdle()) {
      return new Promise((resolve, reject) => {
        get((error, connection) => (error ? reject(error) : resolve(connection)));
      });
    }
    // Where the pool is full, connections are held that were not taken through this package.
    const isNew = hasRoom(this.#pool);
    if (isNew) this.#beginConnecting();
    try {
      return await this.#newFromPool(limits, get, (core) => track(core, isNew));
    } finally {
      if (isNew) this.#connecting -= 1;
    }
  }

  #beginConnecting(): void {
    if (this.#connecting === 0) this.#connectingSince = this.#environment.now();
    this.#connecting += 1;
  }

  /** Told by the call itself: a listener of the pool's events is the user's to remove, and to count. */
  #noteConnected(connection: PoolConnection): void {
    this.#connectingSince = this.#environment.now();
    if (!this.#connections.has(connection) && !preparesConnections(this.#pool)) this.#gate.succeeded();
  }

  #newFromPool(
    limits: AcquireLimits,
    get: (callback: GetCallback) => void,
    track: (core: PoolConnection) => void,
  ): Promise<PoolConnection> {
    return bounded<PoolConnection>(
      limits,
      ({ resolve, reject }) => {
        get((error, connection) => {
          if (error) return reject(error);
          this.#noteConnected(connection);
          track(connection);
          resolve(connection);
        });
        guardNewestConnection(this.#pool);
      },
      (late) => {
        // What listeners of the pool send on it is answered while it lies idle.
        track(late);
        late.release();
      },
    );
  }

  #hasIdle(): boolean {
    return (idleCount(this.#pool) ?? 0) > 0;
  }

  /** @param isFresh nobody has used it, and nobody can before this has tracked it; where it is tracked already, that was said then */
  #track(core: PoolConnection, isFresh: boolean, madeIn: number, policy: RetryPolicy): PooledConnection {
    let pooled = this.#connections.get(core);
    if (pooled === undefined) {
      const { wallClock, random } = this.#environment;
      // Jittered, so that connections that were made together do not all end together.
      const expiresAt = wallClock() + policy.liveness.maxLifetime * (1 - random() / 10);
      const knowledge = lookForInternals(this.#pool, core);
      warnOfMissing(knowledge);
      pooled = new PooledConnection(core, knowledge, this.#generation, this.#beside, {
        madeIn,
        expiresAt,
        isFresh,
      });
      this.#connections.set(core, pooled);
    }
    return pooled;
  }
}

type Track = (core: PoolConnection, isFresh: boolean) => PooledConnection;

function destroyedByListener(): Error {
  const error = new Error("A listener of the pool's events has destroyed the new connection");
  return Object.assign(error, { code: notPreparedCode });
}

function lostUnderListener(cause: unknown): Error {
  const error = new Error("Connection lost: a listener of the pool's events was preparing it", { cause });
  return Object.assign(error, { code: 'PROTOCOL_CONNECTION_LOST' });
}

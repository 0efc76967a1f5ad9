import type { Pool } from 'mysql2';
import {
  type AcquireTimeoutError,
  type Environment,
  type EvictEvent,
  Executor,
  notify,
  Patience,
  publish,
  type RetryPolicy,
  realEnvironment,
  retryPolicy,
  type WatchOptions,
} from '../../../src/internal.ts';
import { type Borrowed, ControlConnection } from '../control/control-connection.ts';
import { PacketLimit } from '../control/packet-limit.ts';
import type { Session } from '../control/session-identity.ts';
import { SessionKiller } from '../control/session-killer.ts';
import { StatementWatch } from '../control/statement-watch.ts';
import { destroyConnection, threadIdOf } from '../driver/connection.ts';
import { addressOf, connectionLimit, idleCount, isPoolClosed, queueLimit } from '../driver/pool.ts';
import { watchPoolEnd } from '../driver/watch-pool-end.ts';
import { credentialsOf } from '../source/pool-credentials.ts';
import { AcquireLimits, type PoolMovement } from './acquire-limits.ts';
import { acquireTimeoutError, refusalError } from './acquire-timeout-error.ts';
import { Admission } from './admission.ts';
import { Connector } from './connector.ts';
import { Generation } from './generation.ts';
import { Lease, type LeaseOwner } from './lease.ts';
import { awaitEventLoopTurns, judgeLiveness, pingOnce, type Trust } from './liveness.ts';
import { Neighbours } from './neighbours.ts';
import { PoolLooks } from './pool-looks.ts';
import type { BesideThePool, PooledConnection } from './pooled-connection.ts';
import { mayBePreparing, preparesConnections, untilPrepared, watchedPreparation } from './preparation.ts';
import { isRefusal, Refusals } from './refusals.ts';

/** For a question about the pool's own sessions, which is bounded by whoever asks it. */
const borrowing: RetryPolicy = retryPolicy({ retries: 0, acquireTimeout: 1_000, watch: false });

const poolCores = new WeakMap<Pool, PoolCore>();

/**
 * What everybody who uses one pool of mysql2 shares, whatever policy they use it with: its connections, what is known of them and
 * of the server, and the retry budget (the first policy's).
 */
export function poolCoreOf(pool: Pool, policy: RetryPolicy): PoolCore {
  let core = poolCores.get(pool);
  if (core === undefined) {
    core = new PoolCore(pool, policy);
    poolCores.set(pool, core);
  }
  return core;
}

export class PoolCore implements LeaseOwner, PoolMovement, BesideThePool {
  readonly pool: Pool;
  readonly executor: Executor;
  readonly environment: Environment;
  readonly #generation = new Generation((error, failure) => this.#refusals.note(error, failure));
  readonly #refusals: Refusals;
  readonly #admission: Admission;
  readonly #connector: Connector;
  /** By the address that their sessions go to: a name may stand for several servers. */
  readonly #controls = new Map<string, ControlConnection>();
  readonly #watch = new StatementWatch((session) => this.#controlOf(session));
  readonly #neighbours = new Neighbours(this.#watch);
  readonly #looks = new PoolLooks(() => this.#connector.glimpses());
  /** Stops the server's threads of sessions that were lost on this pool. */
  readonly sessionKiller: SessionKiller = new SessionKiller((session) => this.#controlOf(session));
  readonly packetLimit: PacketLimit = new PacketLimit((session) => this.#controlOf(session));

  constructor(pool: Pool, policy: RetryPolicy, environment: Environment = realEnvironment) {
    this.pool = pool;
    this.environment = environment;
    this.executor = new Executor(policy, environment);
    this.#admission = new Admission(() => connectionLimit(pool), environment.now);
    this.#refusals = new Refusals(pool, environment, () => this.#generation.invalidate());
    this.#connector = new Connector(pool, this.#generation, this, () => this.#giveWay(), environment);
    watchPoolEnd(pool, () => this.#ended());
  }

  /** A connection for a statement that is sent in this very turn; undefined where anything has to be waited for: see {@link acquire}. */
  acquireNow(policy: RetryPolicy): Lease | undefined {
    if (this.isRefused || this.awaySince !== undefined || !this.#admission.tryEnter()) return undefined;
    const pooled = this.#connector.takeReady(policy);
    if (pooled !== undefined) return new Lease(pooled, this, policy, false);
    this.#admission.leave();
    return undefined;
  }

  /**
   * A connection that may be used at once. Nothing is sent to find out, except one bounded ping where a sibling has died.
   *
   * @param patience with a server that is away, or refuses what it is to be used for
   * @param waitsUnsent it is not to be sent to a server that is known to be read-only
   * @throws AcquireTimeoutError; the driver's error, when trying again cannot help; the signal's reason
   */
  async acquire(
    policy: RetryPolicy,
    patience: Patience,
    watchesCommands: boolean,
    waitsUnsent = false,
  ): Promise<Lease> {
    if (this.isRefused) {
      const { lasts, lastFailure } = patience;
      const wasRefused = lastFailure !== undefined && isRefusal(lastFailure);
      if (lasts && this.#refusals.apply(waitsUnsent || wasRefused)) await this.#untilTaken(policy, patience);
      else this.#refusals.lookAside();
    }
    const limits = new AcquireLimits(this, policy, patience, this.environment.now, this.#acquireTimedOut);
    if (!this.#admission.tryEnter()) await this.#queue(limits);
    try {
      if (this.awaySince === undefined) {
        const ready = this.#connector.takeReady(policy);
        if (ready !== undefined) return new Lease(ready, this, policy, watchesCommands);
      }
      for (;;) {
        const pooled = await this.#connector.connect(policy, limits);
        const trust = judgeLiveness(pooled, this.#generation, policy.liveness, this.environment.wallClock());
        // Not through an async function, whose every turn of the microtask queue all statements would pay for.
        const isUsable = trust.action === 'use' || (await this.#provesUsable(pooled, trust, policy, limits));
        if (isUsable && (!mayBePreparing(pooled, this.pool) || (await this.#prepared(pooled, policy, limits)))) {
          if (pooled.isNew) this.#connector.noteReady();
          return new Lease(pooled, this, policy, watchesCommands);
        }
        if (pooled.isNew && preparesConnections(this.pool)) this.#connector.noteSpoilt(pooled, limits);
        // A server that accepts every connection and is of no use on any: there would be no end to it.
        if (limits.isOver) throw limits.timedOut();
        limits.signal?.throwIfAborted();
      }
    } catch (error) {
      this.#admission.leave();
      throw error;
    }
  }

  /** Waits while the server refuses what it is to be asked for. Holds no connection meanwhile. */
  #untilTaken(policy: RetryPolicy, patience: Patience): Promise<void> {
    const { now } = this.environment;
    const refusals = this.#refusals;
    patience.begin(now());
    const startedAt = now();
    const timedOut = () =>
      refusalError({
        policy,
        elapsedMs: now() - startedAt,
        address: addressOf(this.pool),
        lastError: refusals.lastError,
        lastFailure: refusals.lastFailure,
      });
    return refusals.wait({ until: patience.deadline, now, signal: policy.signal, timedOut });
  }

  /** As mysql2 queues, with its limits, its event and its words. */
  #queue(limits: AcquireLimits): Promise<void> {
    if (isPoolClosed(this.pool)) throw new Error('Pool is closed.');
    const limit = queueLimit(this.pool);
    if (this.#admission.waiting >= limit) {
      throw new Error(limit === 0 ? 'No connections available.' : 'Queue limit reached.');
    }
    this.pool.emit('enqueue');
    return this.#admission.enter(limits);
  }

  /** The pool was ended: nobody waits any longer, and everybody hears what mysql2 would have said. */
  #ended(): void {
    this.#admission.rejectWaiting(new Error('Pool is closed.'));
    this.#connector.notePoolEnded();
    this.#refusals.close();
    this.sessionKiller.close();
    for (const control of this.#controls.values()) control.close();
  }

  #controlOf({ endpoints }: Session): ControlConnection {
    const address = endpoints === undefined ? '' : `${endpoints.remoteAddress} ${endpoints.remotePort}`;
    let control = this.#controls.get(address);
    if (control === undefined) {
      const refusal = () => this.#connector.refusal;
      control = new ControlConnection(this.pool, endpoints, { borrow: () => this.#borrow(), refusal });
      this.#controls.set(address, control);
    }
    return control;
  }

  /** Of a server that counts its connections, the pool has the first claim to what there are. */
  async #giveWay(): Promise<boolean> {
    const gone = await Promise.all([...this.#controls.values()].map((control) => control.giveWay()));
    return gone.includes(true);
  }

  /** An idle connection, if there is one. Waits for nothing else. */
  async #borrow(): Promise<Borrowed | undefined> {
    if (isPoolClosed(this.pool) || (idleCount(this.pool) ?? 0) === 0) return undefined;
    try {
      const lease = await this.acquire(borrowing, new Patience(this.environment.now, borrowing), false);
      const { connection } = lease;
      return { connection, giveBack: () => lease.release(), discard: () => lease.destroy('abandoned') };
    } catch {
      return undefined;
    }
  }

  began(lease: Lease): void {
    this.#watch.add(lease);
  }

  ended(lease: Lease): void {
    this.#watch.delete(lease);
  }

  async #provesUsable(
    pooled: PooledConnection,
    trust: Trust,
    policy: RetryPolicy,
    limits: AcquireLimits,
  ): Promise<boolean> {
    if (trust.action === 'await-turns' && (await awaitEventLoopTurns(pooled))) return true;
    if (trust.action === 'ping') {
      const answer = await pingOnce(pooled, policy.liveness.pingTimeout, limits.forPreparation());
      if (answer === 'alive') return true;
      // Nothing at all came back: whatever is between here and the server, the other connections go the same way.
      if (answer === 'silent') this.#generation.invalidate();
    }
    const reason = trust.action === 'evict' ? trust.reason : trust.action === 'ping' ? 'suspect' : 'lost';
    destroyConnection(pooled.core);
    this.evicted(reason, pooled, policy);
    return false;
  }

  /** Waits for the listeners of the pool's events, and for whatever else is under way. False: it is of no use, and the next one is prepared anew. */
  async #prepared(pooled: PooledConnection, policy: RetryPolicy, limits: AcquireLimits): Promise<boolean> {
    const { isNew, core } = pooled;
    const watched = watchedPreparation(pooled, policy.watch);
    this.#watch.add(watched);
    try {
      await untilPrepared(pooled, this.pool, limits.forPreparation());
    } catch (error) {
      // The listeners go on; whoever gets it next waits for them again.
      core.release();
      throw error;
    } finally {
      this.#watch.delete(watched);
    }
    // What somebody else had under way may have left anything behind; what a listener has, is how the pool's sessions are meant to be.
    const isLeftOpen = !isNew && pooled.isDirty;
    if (!pooled.isLost && !isLeftOpen) return true;
    destroyConnection(core);
    this.evicted(pooled.isLost ? 'lost' : 'dirty', pooled, policy);
    return false;
  }

  /** The server is known to refuse something. */
  get isRefused(): boolean {
    return this.#refusals.since !== undefined;
  }

  get awaySince(): number | undefined {
    return this.#connector.awaySince;
  }

  get connectingSince(): number | undefined {
    return this.#connector.connectingSince;
  }

  get lastReturnAt(): number {
    return Math.max(this.#admission.lastLeftAt, this.#looks.lastReturnAt);
  }

  look(age: number): void {
    this.#looks.look(this.environment.now(), age);
  }

  lastWorkAt(watch: WatchOptions | false): number {
    const now = this.environment.now();
    if (this.#connector.hasWorkingNeighbour(this.#neighbours, watch)) return now;
    return Math.max(this.#looks.lastMoveAt, ...this.#connector.held().map((pooled) => pooled.lastWorkedAt(now)));
  }

  readonly #acquireTimedOut = (limits: AcquireLimits, policy: RetryPolicy): AcquireTimeoutError => {
    const now = this.environment.now();
    const { awaySince, connectingSince } = this;
    const held = this.#connector.held();
    return acquireTimeoutError({
      policy,
      elapsedMs: limits.elapsedMs,
      address: addressOf(this.pool),
      awayForMs: awaySince === undefined ? undefined : now - awaySince,
      connectingForMs: connectingSince === undefined ? undefined : now - connectingSince,
      asksForCredentials: credentialsOf(this.pool)?.isAsking === true,
      held: held.length,
      handedOut: held.filter(({ holder }) => holder?.watchesCommands === true).length,
      heldForMs: longestHeld(held, now),
      idleForMs: now - this.lastWorkAt(policy.watch),
      connectionLimit: connectionLimit(this.pool),
      lastError: this.#connector.lastError,
      lastFailure: this.#connector.lastFailure,
    });
  };

  giveBackPermit(): void {
    this.#admission.leave();
    this.#connector.noteGivenBack();
  }

  evicted(reason: EvictEvent['reason'], pooled: PooledConnection, policy: RetryPolicy): void {
    const event = { reason, threadId: threadIdOf(pooled.core) };
    notify(policy.onEvict, event);
    publish('gone-away:evict', () => event);
  }
}

/** For how long the one has been held that is held longest, in milliseconds; undefined where that is not known of any. */
function longestHeld(held: readonly PooledConnection[], now: number): number | undefined {
  const since = held.map(({ heldSince }) => heldSince).filter((at) => at > 0);
  return since.length === 0 ? undefined : now - Math.min(...since);
}

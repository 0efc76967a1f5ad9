import type { BudgetOptions } from '../budget.ts';
import type { Failure } from '../failure.ts';
import type { EvictEvent, RetriesExhaustedEvent, RetryEvent } from '../telemetry.ts';

/** When a pooled connection is trusted without asking it. All times in milliseconds. */
export interface LivenessOptions {
  /**
   * A connection that was idle longer than this is used only after the event loop has turned, so that an end of the connection
   * that the kernel already knows is seen before anything is written. Costs no round trip. Default 100.
   */
  readonly trustIdleFor: number;
  /** A connection that was idle longer than this is replaced. Default 180_000: below what common load balancers cut in silence. */
  readonly idleTimeout: number;
  /** A connection older than this is replaced when it is next checked out; up to a tenth is taken off at random. Default 1_800_000. */
  readonly maxLifetime: number;
  /** How long the one ping of a suspect connection may take. Default 1_000. */
  readonly pingTimeout: number;
}

/** When the server is asked about a statement that has no answer. All times in milliseconds. */
export interface WatchOptions {
  /**
   * How long a statement may go without an answer before the server is asked whether it still executes it; as often again while it does.
   * One that the server does not execute any more has lost its connection. Default 5_000.
   */
  readonly after: number;
  /** For how long the server may be out of reach when it is asked; then the connection counts as lost. Default 10_000. */
  readonly timeout: number;
}

/** What is done about a transaction that certainly left nothing behind. */
export interface TransactionDefaults {
  /**
   * Whether its callback may run again, from the beginning, whenever the server has certainly undone it: after a deadlock, a lock wait
   * timeout, a failover, a connection lost before COMMIT was sent. What the callback does outside the transaction happens again as well.
   * Without it, the transaction begins again on another connection as long as nothing of it was executed; its callback runs once.
   * Default false.
   */
  readonly rerun?: boolean | undefined;
  /**
   * A COMMIT that is not answered is settled with a row in the ledger table: the result comes back if it was applied; if not, it never will
   * be, and the callback runs again, as with `rerun: true`, which this implies. Costs one round trip. Default false.
   */
  readonly exactlyOnce?: boolean | undefined;
}

/** What can be said of one transaction alone. */
export interface TransactionOptions extends TransactionDefaults {
  /**
   * Your name for this very piece of work, of 1 to 1024 characters: a second call with it, now or tomorrow, in this process or another,
   * does not run its callback and gets the result of the first, for as long as the row is in the ledger. The result has to be JSON, or
   * undefined. Implies `exactlyOnce`. Costs two round trips.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What may be set for a pool, for a client, and for a single call. */
export interface SharedOptions {
  /** Extra attempts after the first one. Those that meet a server that refuses, or is away, cost none. 0 retries nothing, and waits for no such server. Default 10. */
  readonly retries?: number | undefined;
  /**
   * How many of the retries may follow on a connection that was lost under the work, after the server may have begun with it. It may be the
   * work itself that ends it: it crashes the server, or an operator kills it. Default 2.
   */
  readonly lossRetries?: number | undefined;
  /** The cap of the first retry's delay, in milliseconds; delays are drawn evenly from zero to the cap. Default 50. */
  readonly minTimeout?: number | undefined;
  /**
   * The cap of every delay, in milliseconds. A server that refuses, or is away, is left alone for a quarter of the time that this has lasted, up
   * to a second, if that is more. Default 2_000.
   */
  readonly maxTimeout?: number | undefined;
  /** By how much the cap grows with every retry. Default 2. */
  readonly factor?: number | undefined;
  /**
   * How long a call bears with a server that is away, whatever it waits for meanwhile, in milliseconds. Counted from when the call first
   * meets that: a statement may run, and wait behind others, for as long as it takes. Default 60_000: a restart, or a failover of Aurora. A failover
   * of a Multi-AZ instance of RDS can take twice as long.
   *
   * Source: Amazon RDS User Guide, "Failing over a Multi-AZ DB instance" (typically 60 to 120 seconds), "Failing over a Multi-AZ DB cluster"
   * (typically below 35 seconds), "Rebooting a DB instance" (as long as its crash recovery takes); Amazon Aurora User Guide, "High availability for
   * Amazon Aurora" (typically below 60 seconds).
   */
  readonly maxRetryTime?: number | undefined;
  /** Ends waiting at once. A statement that it catches in flight loses its connection; a finished one keeps its result. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long one statement may go without an answer, in milliseconds, before its connection is destroyed. Default: no limit.
   * The server's thread is stopped (see `killLostSessions`). A stopped read may run again; a stopped write is an {@link OutcomeUnknownError},
   * unless it is `idempotent` and its thread is provably gone.
   */
  readonly attemptTimeout?: number | undefined;
  /**
   * How long a call waits while no connection comes back to a pool that is there, in milliseconds. A pool that moves is waited for without
   * limit, as in mysql2. Default: no limit while the server is at work for those who hold the connections, and 30_000 while nothing happens
   * on any of them: somebody has forgotten to release them.
   */
  readonly acquireTimeout?: number | undefined;
  /**
   * Whether the server's thread of a lost session is stopped: when this side stops waiting for a statement (`attemptTimeout`, `signal`), and
   * before a statement whose connection was lost is sent again. It is stopped over a connection of its own, and only if it is provably
   * the one that was lost. `false`: it is left alone, and may go on waiting for a lock. Default true.
   */
  readonly killLostSessions?: boolean | undefined;
  /** Whether, and when, the server is asked about a statement that has no answer. `false`: never. */
  readonly watch?: Partial<WatchOptions> | false | undefined;
  /**
   * A write outside a transaction is put into one of its own, with a row in the ledger table, so that it is applied once even if its answer
   * is lost; four round trips instead of one. Also for transactions, as `transactions: { exactlyOnce: true }`. Default false.
   */
  readonly exactlyOnce?: boolean | undefined;
  /**
   * Stored and loadable functions of your own that are harmless, as your statements call them: `'price_of'` where they name no schema, `'shop.price_of'` where they
   * do. By listing one you promise that a call of it writes nothing, locks nothing, and neither changes nor reads what belongs to its session (variables,
   * LAST_INSERT_ID). Then a read that calls it is sent again when its answer is lost. A name counts in upper and lower case alike, a schema as it is
   * written. Those of a call take the place of those of its pool. Default: none.
   */
  readonly safeFunctions?: readonly string[] | undefined;
  /** For transactions; each can have its own in its `transaction()` call. */
  readonly transactions?: TransactionDefaults | undefined;
  /**
   * Your veto: return false and this failure is not retried. It cannot make an unsafe retry happen. If it throws, that is a veto too, and
   * reported as a process warning.
   */
  readonly shouldRetry?: ((failure: Failure) => boolean) | undefined;
  /** Called before each retry. What it throws is reported as a process warning and changes nothing. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /** Called when something that was safe to retry is given up. What it throws is reported as a process warning. */
  readonly onRetriesExhausted?: ((event: RetriesExhaustedEvent) => void) | undefined;
}

/** What may be set for a single call; everything else belongs to the pool. */
export interface CallOptions extends SharedOptions {
  /**
   * Applying the work more than once is harmless: it may run again even when its outcome is unknown. Default false.
   * For calls alone: for a whole pool it would let every write be applied more than once.
   */
  readonly idempotent?: boolean | undefined;
}

/** What may be set for a client of Prisma, by the extension; connections are the business of its adapter's pool. */
export interface ClientOptions extends SharedOptions {
  /**
   * What limits the retries of a client as a whole: two token buckets of this size. One pays for retries after conflicts with other work
   * (deadlock, lock wait timeout, a refused certification), the other for all others, such as those after a lost connection. Neither can use
   * up what is the other's. A retry costs a token; after a conflict that the server has resolved, a tenth of one. `false` switches both off.
   * Default: 200 at once, 20 a second, 0.1 back for a success.
   */
  readonly budget?: Partial<BudgetOptions> | false | undefined;
}

/** What may be set for a pool. */
export interface ResilienceOptions extends SharedOptions {
  /**
   * What limits the retries of a pool as a whole: two token buckets of this size. One pays for retries after conflicts with other work
   * (deadlock, lock wait timeout, a refused certification), the other for all others, such as those after a lost connection. Neither can use
   * up what is the other's. A retry costs a token; after a conflict that the server has resolved, a tenth of one. `false` switches both off.
   * Default: 200 at once, 20 a second, 0.1 back for a success.
   */
  readonly budget?: Partial<BudgetOptions> | false | undefined;
  /** When a pooled connection is trusted. */
  readonly liveness?: Partial<LivenessOptions> | undefined;
  /** The ledger table of `exactlyOnce` and `idempotencyKey`, with or without a database in front. Default 'gone_away_ledger'. */
  readonly ledgerTable?: string | undefined;
  /** Called when a pooled connection is destroyed. What it throws is reported as a process warning. */
  readonly onEvict?: ((event: EvictEvent) => void) | undefined;
}

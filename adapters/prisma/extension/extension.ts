import type {
  CallOptions,
  ClientOptions,
  RetryPolicy,
  TransactionContext,
  TransactionOptions,
} from '../../../src/internal.ts';
import {
  otherTransactionOptions,
  ownTransactionOptions,
  processWide,
  refuseLedgerOptions,
} from '../../../src/internal.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { runBatch } from './batch.ts';
import { runInteractive, type TransactionCallback } from './interactive-transaction.ts';
import { createOperationHook } from './operation-hook.ts';
import { type Attempt, OperationRunner } from './operation-runner.ts';
import { adapterNameOf, type ExtendableClient, patientStart, providerOf, startLimitOf } from './prisma-internals.ts';

/** What {@link resilience} adds to a client. */
export interface ResilienceMethods<Client = object> {
  /**
   * The same client with other options for the calls made through it, such as `{ idempotent: true }` or `{ signal }`.
   *
   * @throws TypeError for an option that is unknown, out of range, or belongs to the pool; inside a transaction
   */
  $resilience<T>(this: T, options: CallOptions): T;

  /**
   * As Prisma's, and with `{ rerun: true }` the callback runs again when the server has certainly undone what it did. With
   * `{ exactlyOnce: true }` a COMMIT without an answer is settled with the ledger; with an `idempotencyKey` a second call gets the first
   * one's result. Both need `PrismaMySQL2`.
   *
   * @throws TypeError for an option of this package that is wrong, before anything is sent
   */
  $transaction<P extends PrismaPromise[]>(
    operations: [...P],
    options?: PrismaTransactionOptions & Pick<TransactionOptions, 'exactlyOnce'>,
  ): Promise<{ [K in keyof P]: Awaited<P[K]> }>;
  $transaction<T, R>(
    this: T,
    callback: (tx: Omit<T, MissingInTransactions>, context: TransactionContext) => Promise<R>,
    options?: PrismaTransactionOptions & TransactionOptions,
  ): Promise<R>;
  // The last one is what `Parameters<typeof prisma.$transaction>` reads, by which people name the type of a `tx`.
  $transaction<R>(
    callback: (tx: Omit<Client, MissingInTransactions>) => Promise<R>,
    options?: PrismaTransactionOptions & TransactionOptions,
  ): Promise<R>;
}

/** What Prisma's operations are until somebody waits for them. */
export interface PrismaPromise extends Promise<unknown> {
  readonly [Symbol.toStringTag]: 'PrismaPromise';
}

/** What Prisma takes away from the `tx` of a transaction. */
type MissingInTransactions = '$connect' | '$disconnect' | '$on' | '$use' | '$extends';

/** Prisma's own, on MySQL and MariaDB. */
export interface PrismaTransactionOptions {
  /** Milliseconds. */
  readonly maxWait?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly isolationLevel?: 'ReadUncommitted' | 'ReadCommitted' | 'RepeatableRead' | 'Serializable';
}

/** Prisma's own options of a transaction. */
const prismaNames = [
  'maxWait',
  'timeout',
  'isolationLevel',
] as const satisfies readonly (keyof PrismaTransactionOptions)[];

type Nothing = Record<never, never>;

/** A client extension: what `$extends()` takes. In the terms of Prisma's own types, none of which is needed to read this. */
export type ResilienceExtension<Client = object> = (client: Client) => {
  $extends: {
    extArgs: {
      result: Nothing;
      model: Nothing;
      query: Nothing;
      client: { [K in keyof ResilienceMethods]: () => ResilienceMethods<Client>[K] };
    };
  };
};

/**
 * A client extension that makes Prisma on MySQL or MariaDB survive a server that goes away: `prisma.$extends(resilience())`.
 *
 * Reads are sent again; a write only when it certainly left nothing behind, or was marked `idempotent`; what nobody can know is an
 * OutcomeUnknownError. Inside a transaction nothing is retried by itself. `$transaction([...])` is retried as a whole, `$transaction(callback)`
 * until its callback begins, and after that only with `{ rerun: true }`. Works with any driver adapter; with `PrismaMySQL2` it decides from evidence, with others from error codes,
 * which prove less.
 *
 * Apply it last: an extension that was applied first is outermost, and what is applied after this one runs again with every retry.
 *
 * @param policy options, or a policy from `retryPolicy()`, of which the part about connections goes unused here
 * @throws TypeError when an option is wrong; from `$extends()`, when this is no client of Prisma on MySQL or MariaDB
 */
export function resilience<Client = object>(policy?: ClientOptions | RetryPolicy): ResilienceExtension<Client> {
  const runner = OperationRunner.create(policy);
  return ((client: unknown) => extend(expectClient(client), runner)) as unknown as ResilienceExtension<Client>;
}

function extend(client: ExtendableClient, anywhere: OperationRunner): ExtendableClient {
  const runner = anywhere.on(client);
  if (runner.policy.exactlyOnce || runner.policy.transactions.exactlyOnce) expectLedger(client);
  return client.$extends({
    name: 'gone-away',
    query: {
      $allOperations: createOperationHook(startLimitOf(client) === undefined ? runner : runner.limitingStart()),
    },
    client: {
      $transaction: createTransactionMethod(runner, client.$transaction),
      ...(typeof client.$disconnect === 'function' && {
        $disconnect: createDisconnectMethod(runner, client.$disconnect),
      }),
      $resilience(this: ExtendableClient, options: CallOptions): ExtendableClient {
        if (isInTransaction(this)) {
          throw new TypeError(
            '$resilience() is for a client, not for the `tx` of a transaction: nothing is retried in there',
          );
        }
        return extend(this, runner.with(options));
      },
    },
  });
}

/** What a runner further out has taken over already; it may be one of another copy of this package. */
function takenOver(): WeakSet<object> {
  return processWide('taken-over', () => new WeakSet());
}

/**
 * `$transaction` as Prisma has it, as one unit. `original` is applied to the client that the caller has, which may have more extensions than
 * the one that it was taken from: their hooks count inside as well.
 */
function createTransactionMethod(runner: OperationRunner, original: ExtendableClient['$transaction']) {
  return async function $transaction(this: ExtendableClient, input: unknown, options?: object): Promise<unknown> {
    const policy = ownTransactionOptions(runner.policy.transactions, options, prismaNames);
    const others = options === undefined ? options : otherTransactionOptions(options);
    const startLimit = startLimitOf(this, others);
    const isPatient = typeof input === 'function' && startLimit === undefined && hasOwnAdapter(this);
    const maxWait = isPatient ? patientStart(runner.policy.maxRetryTime) : startLimit;
    const send = (taken: object, { waited }: Attempt): Promise<unknown> => {
      takenOver().add(taken);
      const left = isPatient || waited === 0 || typeof maxWait !== 'number' ? maxWait : Math.max(1, maxWait - waited);
      return original.call(this, taken, left === undefined ? others : { ...others, maxWait: left });
    };
    if (isInTransaction(this)) refuseLedgerOptions(options);
    // In a transaction the outermost one decides.
    const passes = isInTransaction(this) || takenOver().has(input as object);
    if (passes) return original.call(this, input, others);
    const inTime = startLimit === undefined ? runner : runner.limitingStart(startLimit);
    const forThis = policy.exactlyOnce ? withSettledCommit(this, inTime) : inTime;
    if (typeof input === 'function') return runInteractive(forThis, policy, input as TransactionCallback, send);
    if (!Array.isArray(input)) return original.call(this, input, others);
    if (policy.idempotencyKey === undefined) return runBatch(forThis, input, send);
    throw new TypeError('Unexpected `idempotencyKey` for an array of operations: give it to $transaction(callback)');
  };
}

/** `$disconnect` as Prisma has it, after what was called before it: that may not be with Prisma yet. */
function createDisconnectMethod(runner: OperationRunner, original: NonNullable<ExtendableClient['$disconnect']>) {
  return async function $disconnect(this: ExtendableClient): Promise<void> {
    await runner.beforeDisconnect();
    return original.call(this);
  };
}

/** The same runner, and the adapter is told to settle what becomes of COMMIT. */
function withSettledCommit(client: ExtendableClient, runner: OperationRunner): OperationRunner {
  expectLedger(client);
  return runner.with({ transactions: { exactlyOnce: true } });
}

/** Prisma takes these methods away from the `tx` of a transaction. */
function isInTransaction(client: ExtendableClient): boolean {
  return typeof client.$extends !== 'function';
}

function expectClient(client: unknown): ExtendableClient {
  if (typeof client !== 'object' || client === null)
    throw notAClient(client === null || client === undefined ? String(client) : `a ${typeof client}`);
  const { $extends, $transaction } = client as Partial<ExtendableClient>;
  if (typeof $extends !== 'function' || typeof $transaction !== 'function') {
    throw notAClient(`an object of class ${client.constructor?.name ?? 'Object'}`);
  }
  const provider = providerOf(client);
  if (provider !== undefined && provider !== 'mysql') {
    throw new TypeError(`Expected a client of Prisma on MySQL or MariaDB, got one on ${provider}`);
  }
  return client as ExtendableClient;
}

/** The client is on PrismaMySQL2. */
function hasOwnAdapter(client: object): boolean {
  return adapterNameOf(client) === adapterInfo.adapterName;
}

/** The ledger's rows have to be written on the connection of the transaction, which only our own adapter knows. */
function expectLedger(client: object): void {
  if (hasOwnAdapter(client)) return;
  const name = adapterNameOf(client);
  throw new TypeError(
    `Expected a client on PrismaMySQL2 for \`exactlyOnce\` or \`idempotencyKey\`, got one on ${name ?? 'something else'}`,
  );
}

function notAClient(found: string): TypeError {
  return new TypeError(`Expected a client of Prisma, got ${found}; use it as prisma.$extends(resilience())`);
}

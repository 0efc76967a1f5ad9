import type { Pool as CallbackPool } from 'mysql2';
import type { Connection, Pool as PromisePool } from 'mysql2/promise';
import { ownTransactionOptions, type TransactionContext, type TransactionOptions } from '../../src/internal.ts';
import { clientOf, type ResilientClient } from './client.ts';
import { connectionMethods } from './promise-methods.ts';
import { describeSource } from './source/describe-source.ts';
import { plainSteps, sendPlain } from './transaction/plain-steps.ts';
import { runTransaction } from './transaction/run-transaction.ts';

const isolationLevels = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const;
const accessModes = ['read only', 'read write'] as const;

/** How a transaction begins, each time that it does, and what is done when it fails. */
export interface PlainTransactionOptions extends TransactionOptions {
  /** Default: the session's own, as the server is configured. */
  readonly isolationLevel?: (typeof isolationLevels)[number] | undefined;
  /** Default: the session's own. */
  readonly accessMode?: (typeof accessModes)[number] | undefined;
  /** Whether the snapshot that it reads is taken when it begins, and not when it reads for the first time. Default false. */
  readonly withConsistentSnapshot?: boolean | undefined;
}

/** What sends the statements of a transaction. Good for as long as its callback runs. */
export type TransactionConnection = Pick<Connection, 'query' | 'execute' | 'format' | 'escape' | 'escapeId'>;

/**
 * Runs `callback` in a transaction on a pool of mysql2, and commits; or rolls back, when it throws.
 *
 * Lost before anything of it was executed, it begins again on another connection, and the callback does not notice. From then on the callback
 * runs again only with `{ rerun: true }`, and only when the server has certainly undone what it did. With `{ exactlyOnce: true }` a COMMIT
 * without an answer is settled with the ledger; with an `idempotencyKey` a second call gets the first one's result.
 *
 * @param pool a pool of mysql2, of either kind; one from `withResilience()` brings its policy, any other has the defaults
 * @throws what the callback threw; OutcomeUnknownError when COMMIT was sent and not answered; RetriesExhaustedError; the first error that
 *   ended the transaction, when the callback swallowed it; LedgerError when the ledger cannot be used; TypeError for a wrong pool or option,
 *   before anything is sent, and for a result that cannot be stored, before COMMIT
 */
export async function transaction<T>(
  pool: PromisePool | CallbackPool,
  callback: (connection: TransactionConnection, context: TransactionContext) => Promise<T>,
  options: PlainTransactionOptions = {},
): Promise<T> {
  const client = expectClient(pool);
  if (typeof callback !== 'function')
    throw new TypeError(`Expected \`callback\` to be a function, got ${typeof callback}`);
  const policy = ownTransactionOptions(client.policy.transactions, options, ownNames);
  const beginning = statementsToBegin(options);
  return runTransaction(client, policy, {
    ...plainSteps,
    begin: async (connection) => {
      for (const sql of beginning) await sendPlain(connection, sql);
    },
    body: (connection, context) => callback(connectionMethods(connection, client) as TransactionConnection, context),
  });
}

function expectClient(pool: unknown): ResilientClient {
  const client = clientOf(pool);
  if (client === undefined) {
    throw new TypeError(
      `Expected \`pool\` to be a pool of mysql2, from createPool() or from withResilience(), got ${describeSource(pool)}`,
    );
  }
  return client;
}

function statementsToBegin(options: PlainTransactionOptions): readonly string[] {
  const { isolationLevel, accessMode, withConsistentSnapshot } = options;
  expectOneOf('isolationLevel', isolationLevel, isolationLevels);
  expectOneOf('accessMode', accessMode, accessModes);
  expectOneOf('withConsistentSnapshot', withConsistentSnapshot, [true, false]);
  const characteristics = [withConsistentSnapshot === true ? 'WITH CONSISTENT SNAPSHOT' : '', accessMode ?? '']
    .filter((characteristic) => characteristic !== '')
    .join(', ');
  return [
    // For the next transaction of this connection only.
    ...(isolationLevel === undefined ? [] : [`SET TRANSACTION ISOLATION LEVEL ${isolationLevel}`]),
    `START TRANSACTION ${characteristics}`.trim(),
  ];
}

const ownNames = ['isolationLevel', 'accessMode', 'withConsistentSnapshot'];

function expectOneOf(name: string, value: unknown, expected: readonly unknown[]): void {
  if (value === undefined || expected.includes(value)) return;
  const list = expected.map((one) => (typeof one === 'string' ? `'${one}'` : String(one))).join(', ');
  throw new TypeError(
    `Expected \`${name}\` to be one of ${list}, got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a value of type ${typeof value}`}`,
  );
}

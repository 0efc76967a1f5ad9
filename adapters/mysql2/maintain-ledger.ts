import { clientOf, type ResilientClient } from './client.ts';
import { ledgerDatabase } from './ledger/ledger-database.ts';
import { ledgerChange } from './ledger/ledger-query.ts';
import { createTableSql, leastPruneAge, ledgerStatements, quoteTable } from './ledger/ledger-table.ts';
import type { LeaseClient } from './pool/lease-client.ts';
import { describeSource } from './source/describe-source.ts';
import { untracedSteps } from './transaction/plain-steps.ts';
import { runTransaction } from './transaction/run-transaction.ts';

export interface CreateLedgerOptions {
  /** Default: the `ledgerTable` of the pool's policy, which is `gone_away_ledger` by default. */
  readonly table?: string | undefined;
}

export interface PruneLedgerOptions extends CreateLedgerOptions {
  /**
   * The age of the rows to delete, in milliseconds; at least an hour, for a COMMIT in doubt is settled for 45 minutes after its row was
   * dated. It is also how long an `idempotencyKey` is remembered.
   */
  readonly olderThan: number;
  /** Rows that are deleted by one statement: each locks that many for a moment. Default 500. */
  readonly batchSize?: number | undefined;
}

/**
 * Creates the ledger table if it is not there yet. The same statement as `ledgerSql()`, for who has no migrations.
 *
 * @param pool a pool of mysql2, or a Drizzle database on one
 * @throws TypeError when it is neither, or an option is wrong; what the server says to CREATE TABLE
 */
export async function createLedger(pool: object, options: CreateLedgerOptions = {}): Promise<void> {
  expectOptions(options, ['table']);
  const client = expectClient(pool);
  const table = options.table ?? client.policy.ledgerTable;
  quoteTable(table);
  const sql = createTableSql(table, await databaseOfLedger(client, table));
  await client.with({ exactlyOnce: false, idempotent: true }).run('untraced', sql, undefined);
}

/**
 * Deletes old rows of the ledger, the oldest first, in small batches. Call it from a timer or a job; several at once do no harm.
 *
 * @param pool a pool of mysql2, or a Drizzle database on one
 * @returns how many rows were deleted
 * @throws TypeError when an option is wrong or `olderThan` is less than an hour; what deleting failed with
 */
export async function pruneLedger(pool: object, options: PruneLedgerOptions): Promise<number> {
  expectOptions(options, ['table', 'olderThan', 'batchSize']);
  const { olderThan, batchSize = 500, table } = options;
  if (typeof olderThan !== 'number' || !Number.isFinite(olderThan) || olderThan < leastPruneAge) {
    throw new TypeError(
      `Expected \`olderThan\` to be milliseconds from ${leastPruneAge}, for a row has to outlive every attempt to settle its COMMIT, got ${String(olderThan)}`,
    );
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new TypeError(`Expected \`batchSize\` to be a whole number from 1, got ${String(batchSize)}`);
  }
  const client = expectClient(pool);
  const name = table ?? client.policy.ledgerTable;
  quoteTable(name);
  const sql = ledgerStatements(name, await databaseOfLedger(client, name)).prune(olderThan / 1_000, batchSize);
  for (let total = 0; ; ) {
    const deleted = await deleteBatch(client, sql);
    total += deleted;
    if (deleted < batchSize) return total;
  }
}

/** The same for all who use the ledger of this pool. */
function databaseOfLedger(client: ResilientClient, table: string): Promise<string | undefined> {
  const { core, policy } = client;
  return ledgerDatabase(client, table, core.environment.now() + policy.maxRetryTime);
}

/** Committed by its own COMMIT, whatever the autocommit mode of the pool's sessions. */
function deleteBatch(client: ResilientClient, sql: string): Promise<number> {
  return runTransaction<LeaseClient, number>(
    client,
    { rerun: true, exactlyOnce: false },
    {
      ...untracedSteps,
      body: (connection) => ledgerChange((statement) => connection.run('untraced', statement, undefined), sql),
    },
  );
}

function expectOptions(options: unknown, names: readonly string[]): void {
  const expected = `expected an object with: ${names.join(', ')}`;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`No options of the ledger; ${expected}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`Unknown option \`${unknown.slice(0, 40)}\` of the ledger; ${expected}`);
}

function expectClient(source: unknown): ResilientClient {
  const pool: unknown = (source as { $client?: unknown } | null | undefined)?.$client ?? source;
  const client = clientOf(pool);
  if (client !== undefined) return client;
  throw new TypeError(
    `Expected a pool of mysql2 (from createPool), or a Drizzle database on one, got ${describeSource(pool)}`,
  );
}

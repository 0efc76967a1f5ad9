import { type SQL, sql } from 'drizzle-orm';
import {
  isGoneAwayError,
  ownTransactionOptions,
  propertyOf,
  type RetryPolicy,
  type TransactionContext,
} from '../../src/internal.ts';
import type { LeaseClient, ResilientClient } from '../mysql2/binding.ts';
import { runTransaction } from '../mysql2/binding.ts';
import {
  type DrizzlePreparedQuery,
  type DrizzleSession,
  type DrizzleTransaction,
  type DrizzleTransactionConfig,
  type SessionClass,
  sessionClassOf,
  transactionClass,
  transactionConfigNames,
} from './drizzle-internals.ts';
import { iterate } from './iterate.ts';
import { createTransaction } from './nested-transaction.ts';

/** What the statements of a session go through: the pool, or the one connection of a transaction. */
export type SessionClient = ResilientClient | LeaseClient;

/**
 * A session like `original`, of the same class, whose statements go through `client`. Drizzle's own code builds and maps the queries;
 * only what it cannot do safely on a lost connection is replaced: transactions and iterators.
 */
export function createResilientSession(original: DrizzleSession, client: SessionClient): DrizzleSession {
  const Session = resilientClassOf(sessionClassOf(original));
  return new Session(client, original.dialect, original.schema, original.options);
}

const resilientClasses = new WeakMap<SessionClass, SessionClass>();

function resilientClassOf(Base: SessionClass): SessionClass {
  let derived = resilientClasses.get(Base);
  if (derived === undefined) {
    derived = deriveClass(Base);
    resilientClasses.set(Base, derived);
    // A session of a transaction, made by Drizzle's own code from ours, stays ours.
    resilientClasses.set(derived, derived);
  }
  return derived;
}

function deriveClass(Base: SessionClass): SessionClass {
  return class extends Base {
    override prepareQuery(...values: readonly unknown[]): DrizzlePreparedQuery {
      const client = this.client as SessionClient;
      const prepared = super.prepareQuery(...values);
      const execute = prepared.execute.bind(prepared);
      return Object.assign(prepared, {
        execute: (placeholderValues?: Record<string, unknown>) =>
          execute(placeholderValues).catch((error: unknown) => rethrowUnwrapped(error, client.policy)),
        iterator: (placeholderValues?: Record<string, unknown>) => iterate(client, prepared, placeholderValues),
      });
    }

    /** As Drizzle does it, with a comma between two characteristics: without it they are a syntax error. */
    getStartTransactionSQL(config: DrizzleTransactionConfig): SQL | undefined {
      const parts = [config.withConsistentSnapshot === true && 'with consistent snapshot', config.accessMode].filter(
        Boolean,
      );
      return parts.length > 0 ? sql`start transaction ${sql.raw(parts.join(', '))}` : undefined;
    }

    override async transaction(
      callback: (tx: never, context: TransactionContext) => Promise<unknown>,
      config?: DrizzleTransactionConfig,
    ): Promise<unknown> {
      const client = this.client as ResilientClient;
      const options = ownTransactionOptions(client.policy.transactions, config, transactionConfigNames);
      return runTransaction<DrizzleTransaction, unknown>(client, options, {
        open: (connection) => createTransaction(createResilientSession(this, connection), transactionClass, 0),
        begin: async (tx) => {
          const characteristics = config === undefined ? undefined : this.getSetTransactionSQL(config);
          if (characteristics !== undefined) await tx.execute(characteristics);
          await tx.execute((config === undefined ? undefined : this.getStartTransactionSQL(config)) ?? sql`begin`);
        },
        body: (tx, context) => callback(tx as never, context),
        commit: (tx) => tx.execute(sql`commit`),
        rollback: (tx) => tx.execute(sql`rollback`),
      });
    }
  };
}

/** Drizzle wraps every error; ours, and the caller's own reason for aborting, are for the caller as they are. */
function rethrowUnwrapped(error: unknown, { signal }: RetryPolicy): never {
  const cause = propertyOf(error, 'cause');
  const isAbort = signal?.aborted === true && cause === signal.reason;
  throw isAbort || isGoneAwayError(cause) ? cause : error;
}

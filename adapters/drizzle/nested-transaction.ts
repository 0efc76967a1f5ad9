import { sql } from 'drizzle-orm';
import { causesOf, classify, ownTransactionOptions, refuseLedgerOptions } from '../../src/internal.ts';
import type { LeaseClient } from '../mysql2/binding.ts';
import {
  type DrizzleSession,
  type DrizzleTransaction,
  type TransactionClass,
  transactionConfigNames,
} from './drizzle-internals.ts';

/** Transactions of which a nested one is open. */
const nesting = new WeakSet<object>();

const derivedClasses = new WeakMap<TransactionClass, TransactionClass>();

/** A transaction object of Drizzle's own class, whose nested transactions keep the error that ended them. */
export function createTransaction(
  session: DrizzleSession,
  Base: TransactionClass,
  nestedIndex: number,
): DrizzleTransaction {
  let Transaction = derivedClasses.get(Base);
  if (Transaction === undefined) {
    Transaction = deriveClass(Base);
    derivedClasses.set(Base, Transaction);
  }
  return new Transaction(session.dialect, session, session.schema, nestedIndex, session.mode);
}

/** The callback has failed, and what it did was not undone: as in Drizzle itself, that is what its caller has to hear of first. */
function causedBy(failed: unknown, error: unknown): unknown {
  const first = causesOf(failed).at(-1);
  if (first instanceof Error && first.cause === undefined && !causesOf(error).includes(first)) first.cause = error;
  return failed;
}

/** Runs a callback between a savepoint and its end. */
async function nest(
  { session, nestedIndex }: DrizzleTransaction,
  Base: TransactionClass,
  callback: (tx: never) => Promise<unknown>,
): Promise<unknown> {
  const savepoint = sql.raw(`sp${nestedIndex + 1}`);
  const tx = createTransaction(session, Base, nestedIndex + 1);
  await tx.execute(sql`savepoint ${savepoint}`);
  try {
    const result = await callback(tx as never);
    await tx.execute(sql`release savepoint ${savepoint}`);
    return result;
  } catch (error) {
    await tx.execute(sql`rollback to savepoint ${savepoint}`).catch((failed: unknown) => {
      // With the connection, or by a deadlock, all of it is undone; the error that led here is the one to report.
      if (classify(failed).endsTransaction || classify(error).endsTransaction) return;
      throw causedBy(failed, error);
    });
    throw error;
  }
}

function deriveClass(Base: TransactionClass): TransactionClass {
  return class extends Base {
    override async transaction(callback: (tx: never) => Promise<unknown>, config?: object): Promise<unknown> {
      refuseLedgerOptions(config);
      // Of what it says the outermost decides, and Drizzle reads nothing of it; a wrong name is one all the same.
      ownTransactionOptions((this.session.client as LeaseClient).policy.transactions, config, transactionConfigNames);
      if (nesting.has(this)) {
        throw new TypeError(
          'A nested transaction is open in this one: begin the next one when it has ended, or on the `tx` of its own callback. Nothing was sent: what the server undoes for one of them, it would undo for both',
        );
      }
      nesting.add(this);
      try {
        return await nest(this, Base, callback);
      } finally {
        nesting.delete(this);
      }
    }
  };
}

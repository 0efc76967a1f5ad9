import { sql } from 'drizzle-orm';
import { ownTransactionOptions, refuseLedgerOptions } from '../../src/internal.ts';
import type { LeaseClient } from '../mysql2/binding.ts';
import {
  type DrizzleSession,
  type DrizzleTransaction,
  type TransactionClass,
  transactionConfigNames,
} from './drizzle-internals.ts';

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

function deriveClass(Base: TransactionClass): TransactionClass {
  return class extends Base {
    override async transaction(callback: (tx: never) => Promise<unknown>, config?: object): Promise<unknown> {
      refuseLedgerOptions(config);
      // Of what it says the outermost decides, and Drizzle reads nothing of it; a wrong name is one all the same.
      ownTransactionOptions((this.session.client as LeaseClient).policy.transactions, config, transactionConfigNames);
      const nestedIndex = this.nestedIndex + 1;
      const savepoint = sql.raw(`sp${nestedIndex}`);
      const tx = createTransaction(this.session, Base, nestedIndex);
      await tx.execute(sql`savepoint ${savepoint}`);
      try {
        const result = await callback(tx as never);
        await tx.execute(sql`release savepoint ${savepoint}`);
        return result;
      } catch (error) {
        // The savepoint may be gone with the connection, or with a deadlock; the error that led here is the one to report.
        await tx.execute(sql`rollback to savepoint ${savepoint}`).catch(() => {});
        throw error;
      }
    }
  };
}

/** The one door for the ORM bindings: what they may use of this package's pool. Nothing else in this folder is theirs to import. */
export { createClient, ResilientClient, registeredClient } from './client.ts';
export { connectionOptionsOf, cutConnections, databaseOf } from './driver/pool.ts';
export type { CompletedClaim, LedgerClaim } from './ledger/ledger-claim.ts';
export { defaultLedgerTable, ledgerSql } from './ledger/ledger-table.ts';
export { LedgerTransaction, type StoredClaim } from './ledger/ledger-transaction.ts';
export { type CreateLedgerOptions, createLedger, type PruneLedgerOptions, pruneLedger } from './maintain-ledger.ts';
export type { Lease, StatementLimits, StatementMethod, StatementResult } from './pool/lease.ts';
export { LeaseClient } from './pool/lease-client.ts';
export { openRows } from './pool/row-stream.ts';
export { runStatement } from './pool/run-statement.ts';
export { exactOptions, exactStatement, type PreparedCall, type ResultField } from './prepared/exact-statement.ts';
export { typedParameterMaker } from './prepared/prepared-execution.ts';
export { type StatementRoom, statementRoomOf } from './prepared/statement-room.ts';
export { plainEnd, sendPlain } from './transaction/plain-steps.ts';
export { firstErrorBehind, isRefusal } from './transaction/refused-statement.ts';
export { commitOn, type EndSteps, rollBackOn, runTransaction } from './transaction/run-transaction.ts';
export { TransactionUnit } from './transaction/transaction-unit.ts';
export { wrapPool } from './with-resilience.ts';

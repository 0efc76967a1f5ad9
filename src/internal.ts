/**
 * The door for the adapters: what is public, and the plumbing that they share. It is no subpath of the package, so that nothing here is a
 * promise to anybody else.
 */
export { abortReasonOr, type EitherSignal, eitherSignal, onAbort } from './abort.ts';
export { fullJitterDelay } from './backoff.ts';
export { ClassifiedError } from './classified-error.ts';
export { failureOf } from './classify.ts';
export { connectPendingCode, noCredentialsCode, notPreparedCode } from './codes/own-rows.ts';
export type { Decision } from './decide.ts';
export { decide } from './decide.ts';
export { type Environment, realEnvironment } from './environment.ts';
export { causesOf } from './error-facts.ts';
export { attachEvidence, evidenceOf, findEvidence, neverAcquired } from './evidence.ts';
export { type Beginning, Executor } from './executor.ts';
export type { Evidence, Operation, Progress } from './failure.ts';
export { isGivenUp } from './given-up.ts';
export { hideStatements } from './hide-statements.ts';
export * from './index.ts';
export type { KillLimits, KillSession } from './kill.ts';
export { attachKill, killOf, killTimeout } from './kill.ts';
export { notify } from './notify.ts';
export { Patience } from './patience.ts';
export { longestTimer } from './policy/option-checks.ts';
export { transactionOptionNames } from './policy/option-rules.ts';
export type { ClientPolicy, OneTransactionPolicy } from './policy/policy.ts';
export { callPolicy, clientPolicy, stuckAfter, transactionPolicy } from './policy/policy.ts';
export { processWide } from './process-wide.ts';
export { isError, isObject, messageOf, propertyOf } from './property.ts';
export type { AttemptContext } from './recovery.ts';
export { isRefusedByServer } from './server-state.ts';
export { sleep } from './sleep.ts';
export { isCertainWrite } from './sql/certain-write.ts';
export { limitsLockWait } from './sql/lock-wait-limit.ts';
export { judgeRead, type ReadVerdict, unsafeRead } from './sql/safe-read.ts';
export { readServerVersion, type ServerVersion } from './sql/server-version.ts';
export { type AccessMode, readSessionSetting, type SessionSetting } from './sql/session-setting.ts';
export { type LexicalMode, type Token, tokenize } from './sql/sql-lexer.ts';
export type { StatementKind, StatementKindOptions } from './sql/statement-kind.ts';
export {
  mayBeSessionBound,
  mayEndTransaction,
  readStatementKind,
  stripFinalSemicolons,
  verbOf,
} from './sql/statement-kind.ts';
export { firstWordOf } from './sql/statement-text.ts';
export { publish } from './telemetry.ts';
export * as timers from './timers.ts';
export {
  type GateAction,
  type GateEvent,
  type GateState,
  newGate,
  type StatementFailure,
  stepGate,
} from './transaction/transaction-gate.ts';
export { transactionOperation } from './transaction/transaction-operation.ts';
export {
  otherTransactionOptions,
  ownTransactionOptions,
  refuseLedgerOptions,
} from './transaction/transaction-options.ts';
export { currentTransaction, findTransactionOn, TransactionScope } from './transaction/transaction-scope.ts';

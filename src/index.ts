export type { BudgetOptions } from './budget.ts';
export { classify } from './classify.ts';
export type { GoneAwayErrorCode, GoneAwayErrorDetails } from './errors.ts';
export {
  AcquireTimeoutError,
  AttemptTimeoutError,
  GoneAwayError,
  isGoneAwayError,
  LedgerError,
  NotCommittedError,
  OutcomeUnknownError,
  RetriesExhaustedError,
  SessionBoundError,
} from './errors.ts';
export type { Failure, FailureKind, Invalidates, Outcome, UnsafeRead } from './failure.ts';
export type { KillResult } from './kill.ts';
export type {
  CallOptions,
  ClientOptions,
  LivenessOptions,
  ResilienceOptions,
  SharedOptions,
  TransactionDefaults,
  TransactionOptions,
  WatchOptions,
} from './policy/options.ts';
export type { RetryPolicy, TransactionPolicy } from './policy/policy.ts';
export { retryPolicy } from './policy/policy.ts';
export type { SafeReadOptions } from './sql/safe-read.ts';
export { isSafeRead } from './sql/safe-read.ts';
export type {
  ChannelName,
  ChannelPayloads,
  CommitSettledEvent,
  EvictEvent,
  OutcomeUnknownEvent,
  RetriesExhaustedEvent,
  RetryEvent,
  ServerDownEvent,
  ServerUpEvent,
  SessionKilledEvent,
} from './telemetry.ts';
export type { TransactionContext } from './transaction/transaction-context.ts';

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
} from './errors.ts';
export type { Failure, FailureKind, Invalidates, Outcome } from './failure.ts';
export type {
  CallOptions,
  FencePolicy,
  LivenessOptions,
  OneTransactionOptions,
  OneTransactionPolicy,
  RetryPolicy,
  RetryPolicyOptions,
  TransactionOptions,
  TransactionPolicy,
} from './policy/policy.ts';
export { retryPolicy } from './policy/policy.ts';
export { isSafeRead } from './sql/safe-read.ts';
export type {
  ChannelName,
  ChannelPayloads,
  EvictEvent,
  FenceEvent,
  GiveUpEvent,
  OutcomeUnknownEvent,
  RetryEvent,
  ServerEvent,
  SettleEvent,
} from './telemetry.ts';

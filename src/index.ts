export { abortReasonOr } from './abort.ts';
export type { BackoffOptions } from './backoff.ts';
export { fullJitterDelay } from './backoff.ts';
export type { BudgetOptions } from './budget.ts';
export { classify, failureOf } from './classify.ts';
export type { Decision } from './decide.ts';
export { decide } from './decide.ts';
export { causesOf } from './error-facts.ts';
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
export { attachEvidence, evidenceOf, neverAcquired } from './evidence.ts';
export type { AttemptContext, ExecutorEnvironment } from './executor.ts';
export { Executor } from './executor.ts';
export type { Evidence, Failure, FailureKind, Invalidates, Operation, Outcome, Progress } from './failure.ts';
export type { Fence, FenceLimits, FenceResult } from './kill.ts';
export { attachFence, fenceOf, fenceTimeout } from './kill.ts';
export { notify } from './notify.ts';
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
export { callPolicy, retryPolicy, transactionOptionNames, transactionPolicy } from './policy/policy.ts';
export { isError, messageOf, propertyOf } from './property.ts';
export { sleep } from './sleep.ts';
export { isSafeRead } from './sql/safe-read.ts';
export { isAtomic, isCommit, leavesTransactionUncommitted, withoutEnd } from './sql/transaction-effect.ts';
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
export { publish } from './telemetry.ts';

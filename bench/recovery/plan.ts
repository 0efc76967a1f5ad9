/** What there is to recover from, and who does, by name. Nothing here loads a driver, so that wrong options are told at once. */

export const faultNames = [
  'idle-kill',
  'rst',
  'answers-lost',
  'restart',
  'busy-loop',
  'kill-9',
  'read-only',
  'too-many-connections',
  'freeze',
  'black-hole',
] as const;
export type FaultName = (typeof faultNames)[number];

/** Whether it happens to the process of the callers, and not to the server or the network. */
export const isOfCallers = (fault: FaultName): fault is 'busy-loop' => fault === 'busy-loop';

export const faultTitles: Readonly<Record<FaultName, string>> = {
  'idle-kill': 'idle kill',
  rst: 'RST',
  'answers-lost': 'answers lost',
  restart: 'restart',
  'busy-loop': 'busy loop',
  'kill-9': 'kill -9',
  'read-only': 'read-only',
  'too-many-connections': 'too many connections',
  freeze: 'freeze',
  'black-hole': 'black hole',
};

/** Of those in the group `mysql2` of the bench. */
export const recoveryContenders = ['bare', 'ping', 'aws-wrapper', 'gone-away'] as const;
export type RecoveryContender = (typeof recoveryContenders)[number];

/** Milliseconds of load before a fault: until all callers are at work, and those that the throughput after it is held against. */
export const leadInMs = 200;
export const beforeMs = 500;

/** How long after a fault a repeat ends in any case, in milliseconds. */
export const limitMs = 10_000;

/** For how long after a fault connections are counted, in milliseconds. A repeat lasts so long at least. */
export const afterMs = 1_000;

/** Milliseconds that an attempt of gone-away, a ping, a connect and a statement of the wrapper may go without an answer. */
export const attemptMs = 1_500;

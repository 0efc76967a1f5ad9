import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Failure, type Operation } from '../../../src/internal.ts';

const failure = (changes: Partial<Failure>): Failure => ({
  kind: 'connection-lost',
  outcome: 'unknown',
  transient: true,
  invalidates: 'connection',
  endsTransaction: true,
  stillRunning: false,
  code: undefined,
  errno: undefined,
  reason: 'made up',
  ...changes,
});

const operation = (
  changes: { [K in keyof Operation]?: Operation[K] extends () => boolean ? boolean : Operation[K] },
): Operation => ({
  kind: changes.kind ?? 'statement',
  idempotent: changes.idempotent ?? false,
  isSafeRead: () => changes.isSafeRead ?? false,
  isHandedOver: () => changes.isHandedOver ?? false,
});

const safeRead = operation({ isSafeRead: true });
const write = operation({});
const idempotentWrite = operation({ idempotent: true });
const cleanTransaction = operation({ kind: 'transaction' });
const ranTransaction = operation({ kind: 'transaction', isHandedOver: true });
const noVeto = { shouldRetry: undefined };

const rows: readonly (readonly [what: string, Partial<Failure>, Operation, Decision])[] = [
  ['retries a safe read that was not executed', { outcome: 'not-executed' }, safeRead, 'retry'],
  ['retries a write that was not executed', { outcome: 'not-executed' }, write, 'retry'],
  [
    'begins a transaction again that was lost before its callback ran',
    { outcome: 'not-executed' },
    cleanTransaction,
    'retry',
  ],
  [
    'does not run a callback again that was not executed to its end',
    { outcome: 'not-executed' },
    ranTransaction,
    'rethrow',
  ],
  ['retries a safe read that was rolled back', { outcome: 'rolled-back' }, safeRead, 'retry'],
  ['retries a write that was rolled back', { outcome: 'rolled-back', kind: 'deadlock' }, write, 'retry'],
  ['does not run a callback again that was rolled back', { outcome: 'rolled-back' }, ranTransaction, 'rethrow'],
  [
    "hands on an error of the caller's own code as it is",
    { kind: 'client-side', outcome: 'unknown', transient: false },
    write,
    'rethrow',
  ],
  ['retries a safe read whose answer was lost', {}, safeRead, 'retry'],
  ['does not send a write again whose answer was lost', {}, write, 'outcome-unknown'],
  ['sends an idempotent write again whose answer was lost', {}, idempotentWrite, 'retry'],
  [
    'does not send an idempotent write again that may still be running',
    { stillRunning: true },
    idempotentWrite,
    'outcome-unknown',
  ],
  ['sends a safe read again though it may still be running', { stillRunning: true }, safeRead, 'retry'],
  ['does not guess the outcome of a lost COMMIT', {}, ranTransaction, 'outcome-unknown'],
  [
    'does not guess it for a transaction that is marked idempotent',
    {},
    operation({ kind: 'transaction', idempotent: true }),
    'outcome-unknown',
  ],
  ['rethrows an ordinary error of a read', { outcome: 'failed', transient: false }, safeRead, 'rethrow'],
  ['rethrows an ordinary error of a write', { outcome: 'failed', transient: false }, write, 'rethrow'],
  [
    'rethrows an ordinary error of an idempotent write',
    { outcome: 'failed', transient: false },
    idempotentWrite,
    'rethrow',
  ],
  ['rethrows an ordinary error of a transaction', { outcome: 'failed', transient: false }, ranTransaction, 'rethrow'],
  [
    'does not retry what cannot heal (a wrong password)',
    { outcome: 'not-executed', transient: false },
    safeRead,
    'rethrow',
  ],
  [
    'does not retry a read whose first row was handed over',
    {},
    operation({ isSafeRead: true, isHandedOver: true }),
    'rethrow',
  ],
  [
    'does not wait a second time for a connection',
    { outcome: 'not-executed', kind: 'acquire-timeout' },
    safeRead,
    'rethrow',
  ],
  ['does not retry a read that the caller aborted', { kind: 'aborted', stillRunning: true }, safeRead, 'rethrow'],
  [
    'says that the outcome of an aborted write is unknown',
    { kind: 'aborted', stillRunning: true },
    write,
    'outcome-unknown',
  ],
  [
    'lets the caller go who aborted before a write was sent',
    { kind: 'aborted', outcome: 'not-executed' },
    write,
    'rethrow',
  ],
];

describe('decide', () => {
  it.each(rows)('%s', (_title, changes, work, expected) => {
    expect(decide(failure(changes), work, noVeto)).toBe(expected);
  });

  it('lets the user veto a retry', () => {
    expect(decide(failure({ outcome: 'not-executed' }), write, { shouldRetry: () => false })).toBe('rethrow');
  });

  it('does not let the user make an unsafe retry happen', () => {
    expect(decide(failure({}), write, { shouldRetry: () => true })).toBe('outcome-unknown');
  });

  it('asks whether a statement is a safe read only when its outcome is unknown', () => {
    const asked: string[] = [];
    const spied: Operation = { ...write, isSafeRead: () => asked.push('asked') > 0 };
    decide(failure({ outcome: 'not-executed' }), spied, noVeto);
    decide(failure({ outcome: 'failed' }), spied, noVeto);
    expect(asked).toEqual([]);
    decide(failure({}), spied, noVeto);
    expect(asked).toEqual(['asked']);
  });
});

import type { Connection } from 'mysql2/promise';
import { expect } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import { killConnections } from '../support/server/server-faults.ts';
import type { Stage } from '../support/stage.ts';
import type { Binding } from './binding.ts';

/** What the caller of a write was told. Any other error is one that it must not get. */
export type Told = 'applied' | 'unknown';

export async function told(write: Promise<unknown>): Promise<Told> {
  try {
    await write;
    return 'applied';
  } catch (error) {
    if (error instanceof OutcomeUnknownError) return 'unknown';
    throw error;
  }
}

/** Every id was applied exactly once if that is what the caller was told, and at most once if nobody could know. */
export async function expectTruth(stage: Stage, answers: ReadonlyMap<number, Told>): Promise<void> {
  const rows = await stage.rows();
  const wrong = [...answers].filter(([id, answer]) => {
    const count = rows.filter((row) => row === id).length;
    return answer === 'applied' ? count !== 1 : count > 1;
  });
  expect(wrong, 'writes whose caller was told something else than the table says').toEqual([]);
}

/** Opens so many connections, and leaves them idle in the pool. */
export async function warm(binding: Binding, connections: number): Promise<void> {
  await Promise.all(Array.from({ length: connections }, () => binding.read()));
}

/** Resolves in the very moment in which the server confirms the last KILL; the victims' ends may not have been seen yet. */
export function killAll(root: Connection): Promise<void> {
  return killConnections(root, 'all');
}

/** The caller's error, and that it came: a promise that must fail but does not is a finding, not an undefined. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError('what was thrown is no Error', { cause: error });
  }
  throw new TypeError('this was to fail, and succeeded');
}

/** Work that is looked at later: until then, its failure is nobody's. */
export function later<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/** The messages and codes of an error and of what caused it, the outermost first. */
export function messagesOf(error: unknown): readonly string[] {
  const messages: string[] = [];
  for (let link = error; link instanceof Error; link = link.cause) {
    messages.push(link.message);
    if ('code' in link) messages.push(String(link.code));
  }
  return messages;
}

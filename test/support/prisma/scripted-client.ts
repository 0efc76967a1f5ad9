import { expect } from 'vitest';
import { resilience } from '../../../adapters/prisma/index.ts';
import { PrismaClient } from '../../../prisma/generated/client.ts';
import type { ResilienceOptions } from '../../../src/index.ts';
import { type Script, ScriptedAdapter } from './scripted-adapter.ts';

/** Prisma on a scripted adapter, bare and with the extension; retries come at once. */
export function openScripted(script: Script, policy: ResilienceOptions = {}) {
  const adapter = new ScriptedAdapter();
  adapter.script = script;
  const bare = new PrismaClient({ adapter });
  return { adapter, bare, prisma: bare.$extends(resilience({ minTimeout: 0, maxTimeout: 0, ...policy })) };
}

export type ScriptedClient = ReturnType<typeof openScripted>['prisma'];

/** What the work fails with, whatever that is. Prisma's promises begin only here. */
export function thrownBy(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    () => expect.unreachable('this was to fail, and succeeded'),
    (error: unknown) => error,
  );
}

import { inspect } from 'node:util';
import { expect } from 'vitest';
import { messagesOf } from '../../contract/outcome.ts';

/** However somebody looks at an error, nothing is in it that begins with SECRET. */
export function expectNoSecret(error: unknown): void {
  expect(messagesOf(error).join()).not.toContain('SECRET');
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('SECRET');
  expect(JSON.stringify(error)).not.toContain('SECRET');
}

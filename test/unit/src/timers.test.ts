import { createRequire, syncBuiltinESMExports } from 'node:module';
import { afterEach, expect, test, vi } from 'vitest';

const names = ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] as const;
const nodeTimers = createRequire(import.meta.url)('node:timers') as Record<string, unknown>;
const real = new Map(names.map((name) => [name, nodeTimers[name]]));
const now = Date.now;

afterEach(() => {
  vi.useRealTimers();
  for (const [name, found] of real) nodeTimers[name] = found;
  syncBuiltinESMExports();
});

test('the timers are those of Node.js also where the package is loaded while a test fakes them', async () => {
  vi.useFakeTimers({ toFake: [...names, 'Date', 'queueMicrotask'] });
  // As the library of fakes does it, where nobody keeps it from that.
  for (const name of names) nodeTimers[name] = globalThis[name];
  syncBuiltinESMExports();
  vi.resetModules();
  const timers = await import('../../../src/timers.ts');
  for (const [name, found] of real) expect(timers[name]).toBe(found);
  expect(timers.wallClock).toBe(now);
});

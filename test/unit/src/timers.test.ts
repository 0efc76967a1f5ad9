import { createRequire, syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { afterEach, expect, test, vi } from 'vitest';

const names = ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] as const;
const nodeTimers = createRequire(import.meta.url)('node:timers') as Record<string, unknown>;
const real = new Map(names.map((name) => [name, nodeTimers[name]]));
const now = Date.now;

afterEach(() => {
  vi.useRealTimers();
  mock.timers.reset();
  for (const [name, found] of real) nodeTimers[name] = found;
  syncBuiltinESMExports();
  // The next file in this thread is not to get what was loaded here.
  vi.resetModules();
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

test('the timers are none of those that node:test fakes, which nobody can undo', async () => {
  mock.timers.enable();
  syncBuiltinESMExports();
  vi.resetModules();
  const timers = await import('../../../src/timers.ts');
  const begun = performance.now();
  await new Promise<void>((resolve) => timers.setTimeout(resolve, 30));
  expect(performance.now() - begun).toBeGreaterThan(25);
  expect(await new Promise((resolve) => timers.setTimeout(resolve, 1, 'a value'))).toBe('a value');
  expect(await new Promise((resolve) => timers.setImmediate(resolve, 'a value'))).toBe('a value');
  const never = vi.fn();
  timers.clearTimeout(timers.setTimeout(never, 1));
  timers.clearImmediate(timers.setImmediate(never));
  timers.clearTimeout(undefined);
  await new Promise<void>((resolve) => timers.setTimeout(resolve, 20).unref());
  expect(never).not.toHaveBeenCalled();
});

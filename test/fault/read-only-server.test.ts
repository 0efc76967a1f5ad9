import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { later, warm } from '../contract/outcome.ts';
import { growthOf } from '../support/fuzz/heap.ts';
import { notOurs } from '../support/server/server.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** For so long the server takes no writes, in milliseconds. */
const readOnlyFor = 8_000;

/** Between two pairs of a read and a write, in milliseconds: some forty calls in a second. */
const pairEvery = 50;

const connectionLimit = 5;

/** In megabytes: what waits are some hundred calls, and compiled code. Kept connections, or an error for each question, are many times as much. */
const unsuspicious = 12;

describe.each([
  { binding: 'a promise pool of mysql2', create: createPromiseBinding },
  { binding: 'Drizzle', create: createDrizzleBinding },
  { binding: 'Prisma', create: createPrismaBinding },
])('a server that is read-only for eight seconds, under load, on $binding', unhurried, ({ create }) => {
  const stage = useStage('read-only-server');

  test('answers each read before the next one, meets few connections, and applies each write once in the end', async ({
    skip,
  }) => {
    skip(...notOurs(stage.server, 'its settings are not changed'));
    const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit }));
    await warm(binding, connectionLimit);
    await binding.insert(0);
    await stage.server.admin('SET GLOBAL read_only = 1');
    const before = stage.proxy.accepted;
    const writes: Promise<unknown>[] = [];
    let [reads, written] = [0, 0];
    const growth = await growthOf(async () => {
      for (const until = performance.now() + readOnlyFor; performance.now() < until; await delay(pairEvery)) {
        const write = binding.insert(writes.length + 1).then(() => {
          written += 1;
        });
        writes.push(later(write));
        // A read that waited for a write would wait for ever: the server takes none before all reads are answered.
        expect(await binding.read()).toEqual([0]);
        reads += 1;
      }
    });
    expect([reads, written]).toEqual([writes.length, 0]);
    expect(stage.proxy.accepted - before).toBeLessThanOrEqual(connectionLimit + 10);
    expect(growth).toBeLessThan(unsuspicious);
    await stage.server.admin('SET GLOBAL read_only = 0');
    await Promise.all(writes);
    const rows = await stage.rows();
    expect([...rows].sort((a, b) => a - b)).toEqual([0, ...writes.map((_, index) => index + 1)]);
  });
});

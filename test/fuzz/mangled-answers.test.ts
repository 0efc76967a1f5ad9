import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import { type Client, clientNames, createClient, poolCounts } from '../support/fuzz/hostile/clients.ts';
import { mangled } from '../support/fuzz/hostile/misbehaviours.ts';
import { err, packet } from '../support/fuzz/hostile/packets.ts';
import type { Misbehaviour } from '../support/fuzz/hostile-server.ts';
import { isCommit } from '../support/ledger/stage-ledger.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const policy = {
  ...{ retries: 3, minTimeout: 1, maxTimeout: 5, maxRetryTime: 2_000, acquireTimeout: 1_000 },
  ...{ watch: { after: 80, timeout: 300 }, liveness: { pingTimeout: 200 } },
};

/** Far beyond the sum of all limits. */
const hung = 20_000;
const silent = Symbol('no end');
const failed = Symbol('an error');

/** mysql2 prints warnings and traces of its own. */
beforeAll(() => {
  for (const method of ['error', 'warn', 'trace'] as const) vi.spyOn(console, method).mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

const works = {
  write: (client: Client, id: number) => client.write(id),
  transaction: (client: Client, id: number) => client.transaction(id),
  'a transaction that may run again': (client: Client, id: number) => client.transaction(id, { rerun: true }),
};

describe('a real server whose answers are mangled on their way', unhurried, () => {
  const stage = useStage('mangled');

  /** The server's chunk with this number, from now on, arrives as something else; once. */
  function mangle(nth: number, act: Misbehaviour): () => void {
    let left = nth;
    const stop = stage.router.onServerData((chunk, connection) => {
      if (left-- > 0) return 'forward';
      stop();
      for (const said of act([chunk])) {
        if (said === 'fin') connection.finish();
        else if (said === 'rst') connection.reset();
        else connection.answer(said);
      }
      return 'swallow';
    });
    return stop;
  }

  test('applies nothing twice, ends every call, and the pool works again', async () => {
    const connection = { ...stage.routed(), connectionLimit: 2 };
    const clients = clientNames.map((name) => ({
      name,
      client: stage.closing(createClient(name, connection, policy)),
    }));
    let lastId = 0;
    const told = new Map<number, unknown>();
    const one = fc.record({
      who: fc.constantFrom(...clientNames),
      work: fc.constantFrom(...(Object.keys(works) as (keyof typeof works)[])),
      nth: fc.nat({ max: 4 }),
      act: mangled,
    });
    await fc.assert(
      fc.asyncProperty(one, async ({ who, work, nth, act }) => {
        const client = clients.find(({ name }) => name === who)?.client as Client;
        await expect.poll(() => client.read().then(Array.isArray, () => false), patient).toBe(true);
        lastId += 1;
        const id = lastId;
        const stop = mangle(nth, act);
        const answer = await Promise.race([
          works[work](client, id).catch(() => failed),
          delay(hung, silent, { ref: false }),
        ]);
        stop();
        expect(answer).not.toBe(silent);
        told.set(id, answer);
        // What is still on its way, and the threads that were stopped, come to rest before it is counted.
        await expect.poll(() => client.read().then(Array.isArray, () => false), patient).toBe(true);
        const count = await stage.countOf(id);
        expect(count, 'applied twice').toBeLessThanOrEqual(1);
        if (answer !== failed) expect(count, 'acknowledged, and not there').toBe(1);
      }),
      { ...fuzzRun(120), endOnFailure: true },
    );
    // Also what came late was applied once at most.
    const rows = await stage.rows();
    expect(rows.length).toBe(new Set(rows).size);
    for (const { client } of clients) {
      await expect.poll(() => poolCounts(client.pool), patient).toSatisfy(({ all, idle }) => all === idle);
    }
    expect([...told.values()]).toContain(failed);
    expect([...told.values()].some((answer) => answer !== failed)).toBe(true);
  });

  test.each(clientNames)('is not believed when it speaks out of turn: a write is not sent again, %s', async (name) => {
    const client = stage.closing(createClient(name, { ...stage.routed(), connectionLimit: 1 }, policy));
    await client.write(1);
    const stop = stage.router.onClientData((chunk, { id }) => {
      if (!chunk.includes('INSERT') && chunk[4] !== 0x17) return 'forward';
      stop();
      const stopAnswer = stage.router.onServerData((_, connection) => {
        if (connection.id !== id) return 'forward';
        stopAnswer();
        // "Rolled back", in the answer to something else.
        connection.answer(packet(255, err(1_213, '40001', 'Deadlock found')));
        return 'swallow';
      });
      return 'forward';
    });
    expect(await failureOf(client.write(2))).toBeInstanceOf(OutcomeUnknownError);
    expect(await stage.countOf(2)).toBe(1);
  });

  test.each(clientNames.flatMap((name) => [true, false].map((ends) => ({ name, ends }))))(
    'nobody knows what became of a COMMIT that got an error that nobody knows: $name, connection lost $ends',
    async ({ name, ends }) => {
      const client = stage.closing(createClient(name, { ...stage.routed(), connectionLimit: 1 }, policy));
      await client.read();
      let committing: number | undefined;
      stage.router.onClientData((chunk, { id }) => {
        if (isCommit(chunk)) committing ??= id;
        return 'forward';
      });
      stage.router.onServerData((_, connection) => {
        if (connection.id !== committing) return 'forward';
        connection.answer(packet(1, err(8_670, 'HY000', 'Something broke')));
        if (ends) connection.finish();
        return 'swallow';
      });
      const failure = await failureOf(client.transaction(1, { rerun: true }));
      expect(failure).toBeInstanceOf(OutcomeUnknownError);
      expect(failure).toMatchObject({ failure: { errno: 8_670 } });
      expect(await stage.countOf(1)).toBe(1);
    },
  );
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { createPool } from 'mysql2/promise';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import type { Binding, BindingOptions, CreateBinding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createForeignBinding, createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later, warm } from '../contract/outcome.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, useStage } from '../support/stage.ts';
import { shiftWallClock } from '../support/wall-clock.ts';

/** What never ends fails by this. */
const bounded = { timeout: 20_000 } as const;

/** Longer than a connection is trusted without a look, and shorter than it is kept. In milliseconds. */
const idle = 100_000;

const fakes: readonly { readonly by: string; readonly fake: () => void; readonly restore: () => void }[] = [
  {
    by: 'vitest',
    fake: () =>
      vi.useFakeTimers({
        toFake: [
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'clearImmediate',
          'queueMicrotask',
          'performance',
          'hrtime',
          'Date',
        ],
        now: 0,
      }),
    restore: () => vi.useRealTimers(),
  },
  {
    by: 'node:test',
    fake: () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] }),
    restore: () => mock.timers.reset(),
  },
];

/** The pool of the driver `mariadb` replaces lost connections, and ends a wait for one, by the timers of the process. */
const ownTimers = 'its driver makes new connections by timers that are faked';

const bindings: readonly { readonly name: string; readonly create: CreateBinding; readonly stuck?: string }[] = [
  { name: 'a promise pool', create: createPromiseBinding },
  { name: 'a callback pool', create: createCallbackBinding },
  { name: 'Drizzle', create: createDrizzleBinding },
  { name: 'PrismaMySQL2', create: createPrismaBinding },
  { name: 'the extension on PrismaMariaDb', create: createForeignBinding, stuck: ownTimers },
];

describe.each(fakes)('while $by fakes the timers and clocks of the process', bounded, ({ fake, restore }) => {
  const stage = useStage('faked-timers');
  afterEach(restore);

  describe.each(bindings)('$name', bounded, ({ create, stuck = '' }) => {
    /** With so many idle connections, from before the timers were faked. */
    const open = async (connections: number, policy: BindingOptions['policy'] = {}): Promise<Binding> => {
      const binding = stage.closing(create({ connection: stage.direct(), policy }));
      await warm(binding, connections);
      shiftWallClock(stage, idle);
      return binding;
    };

    test('reads and writes on connections that were idle', async () => {
      const binding = await open(1);
      fake();
      await binding.insert(1);
      expect(await binding.read()).toEqual([1]);
    });

    test('opens connections', async () => {
      const binding = await open(1);
      fake();
      await warm(binding, 3);
      expect(await binding.read()).toEqual([]);
    });

    test('runs a transaction', async () => {
      const binding = await open(1);
      fake();
      await binding.transaction(async (tx) => {
        await tx.insert(1);
        expect(await tx.read()).toEqual([1]);
      });
      expect(await stage.rows()).toEqual([1]);
    });

    test('goes on with other connections after the server has killed the idle ones', async () => {
      const binding = await open(3);
      fake();
      for (const thread of await stage.server.threads()) await stage.server.killThread(thread);
      await binding.insert(1);
      expect(await binding.read()).toEqual([1]);
    });

    test('reads again when the connection was lost under a read', async ({ skip }) => {
      skip(stuck !== '', stuck);
      const binding = await open(1);
      const unlock = await stage.lock();
      fake();
      const read = later(binding.read());
      const [thread] = await stage.inFlight(1);
      await stage.server.killThread(Number(thread));
      await unlock();
      expect(await read).toEqual([]);
    });

    test('waits for a server that is down, and goes on when it is back', async ({ skip }) => {
      skip(stuck !== '', stuck);
      skip(...notOurs(stage.server, 'it is not stopped'));
      const binding = await open(1);
      await stage.server.stop();
      fake();
      const down = vi.fn();
      subscribe('gone-away:server-down', down);
      stage.after(async () => void unsubscribe('gone-away:server-down', down));
      const read = later(binding.read());
      await expect.poll(() => down, patient).toHaveBeenCalled();
      await stage.server.start();
      expect(await read).toEqual([]);
    });

    test('gives a statement up after `attemptTimeout`', async () => {
      const binding = await open(1, { attemptTimeout: 300, retries: 0 });
      await stage.lock();
      fake();
      expect(await failureOf(binding.insert(1))).toHaveProperty('failure.kind', 'attempt-timeout');
    });

    test('ends', async () => {
      const binding = await open(2);
      fake();
      await binding.read();
      await binding.end();
      await expect.poll(() => stage.server.threads(), patient).toEqual([]);
    });
  });

  test('a held connection works after it was idle', async () => {
    const pool = stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 1 })));
    await pool.query('DO 1');
    shiftWallClock(stage, idle);
    fake();
    const held = await pool.getConnection();
    await held.query('INSERT INTO stage_rows (id) VALUES (1)');
    held.release();
    expect(await stage.rows()).toEqual([1]);
  });
});

describe('while process.nextTick is faked, in which mysql2 tells results', bounded, () => {
  const stage = useStage('faked-ticks');

  test('a result comes with the tick, as from the bare pool, and is no failure before', async () => {
    const pool = stage.closing(withResilience(createPool({ ...stage.direct(), connectionLimit: 1 })));
    await pool.query('DO 1');
    const ticks: (() => void)[] = [];
    const nextTick = vi.spyOn(process, 'nextTick').mockImplementation((callback, ...values) => {
      ticks.push(() => callback(...values));
    });
    const answer = later(pool.query('SELECT 1 AS one'));
    const runTicks = setInterval(() => {
      for (const tick of ticks.splice(0)) tick();
    }, 50);
    stage.after(async () => {
      nextTick.mockRestore();
      clearInterval(runTicks);
    });
    expect(await answer).toMatchObject([[{ one: 1 }], [{}]]);
  });
});

describe('loaded while node:test fakes the timers', bounded, () => {
  const stage = useStage('faked-timers-early');

  test('reads, also on connections that were idle, and on others when those are gone', async () => {
    mock.timers.enable();
    // As for a program in which nobody has imported them before.
    syncBuiltinESMExports();
    stage.after(async () => {
      mock.timers.reset();
      syncBuiltinESMExports();
    });
    vi.resetModules();
    const early = await import('../../adapters/mysql2/index.ts');
    const pool = stage.closing(early.withResilience(createPool({ ...stage.direct(), connectionLimit: 2 })));
    const read = () => Promise.all([1, 2, 3].map(() => pool.query('SELECT id FROM stage_rows')));
    await read();
    // Longer than a connection is trusted without a look.
    mock.timers.tick(idle);
    await read();
    for (const id of await stage.server.threads()) await stage.server.killThread(id);
    expect(await read()).toHaveLength(3);
    await early.transaction(pool, (tx) => tx.query('INSERT INTO stage_rows (id) VALUES (1)'));
    expect(await stage.rows()).toEqual([1]);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { AttemptTimeoutError } from '../../src/index.ts';
import type { Binding, BindingOptions, CreateBinding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { useStage } from '../support/stage.ts';

/** What never ends fails by this. */
const bounded = { timeout: 20_000 } as const;

const bindings: readonly { readonly name: string; readonly create: CreateBinding }[] = [
  { name: 'a promise pool', create: createPromiseBinding },
  { name: 'a callback pool', create: createCallbackBinding },
  { name: 'Drizzle', create: createDrizzleBinding },
  { name: 'PrismaMySQL2', create: createPrismaBinding },
];

const endingProcess = fileURLToPath(new URL('../support/mysql2/ending-process.ts', import.meta.url));

describe('the end of a pool', bounded, () => {
  const stage = useStage('pool-end');

  describe.each(bindings)('of $name', bounded, ({ create }) => {
    const open = async (policy: BindingOptions['policy'] = {}): Promise<Binding> => {
      const binding = create({ connection: stage.direct(), connectionLimit: 3, policy: { retries: 0, ...policy } });
      await binding.read();
      return binding;
    };
    /** A statement that waits, and the end of its pool behind it. */
    const endBehind = async (binding: Binding, sent: Promise<unknown>) => {
      const failure = failureOf(sent);
      await stage.inFlight(1);
      return { failure, ended: later(binding.end()) };
    };

    test('comes when `attemptTimeout` ends the statement that it waits for', async () => {
      const binding = await open({ attemptTimeout: 500 });
      await stage.lock();
      const { failure, ended } = await endBehind(binding, binding.read());
      expect(await failure).toBeInstanceOf(Error);
      await ended;
    });

    test('comes when the signal ends the statement that it waits for', async () => {
      const binding = await open();
      await stage.lock();
      const aborting = new AbortController();
      const { failure, ended } = await endBehind(binding, binding.with({ signal: aborting.signal }).insert(1));
      aborting.abort();
      expect(await failure).toBeInstanceOf(Error);
      await ended;
    });

    test('comes while the thread of a lost session is being stopped', async () => {
      const binding = await open({ attemptTimeout: 300, killLostSessions: true });
      const unlock = await stage.lock();
      expect(await failureOf(binding.with({ idempotent: true }).insert(1))).toBeInstanceOf(Error);
      await binding.end();
      await unlock();
    });

    test('comes when the connection that it waits for is lost', async () => {
      const binding = await open();
      await stage.lock();
      const failure = failureOf(binding.insert(1));
      const [thread = 0] = await stage.inFlight(1);
      const ended = binding.end();
      await stage.server.killThread(thread);
      expect(await failure).toBeInstanceOf(Error);
      await ended;
    });

    test('comes when a transaction is abandoned in it', async () => {
      const binding = await open({ attemptTimeout: 500 });
      await stage.lock();
      const { failure, ended } = await endBehind(
        binding,
        binding.transaction((tx) => tx.insert(1)),
      );
      expect(await failure).toBeInstanceOf(Error);
      await ended;
    });

    test('comes to everybody who asks for it', async () => {
      const binding = await open({ attemptTimeout: 500 });
      await stage.lock();
      const { failure, ended } = await endBehind(binding, binding.read());
      await Promise.all([ended, binding.end(), failure]);
      await binding.end();
    });

    test('waits for the statement that is in flight', async () => {
      const binding = await open();
      const unlock = await stage.lock();
      const inserted = binding.insert(1);
      await stage.inFlight(1);
      const ended = binding.end().then(() => stage.rows());
      await unlock();
      await inserted;
      expect(await ended).toEqual([1]);
    });
  });

  test('comes when a held connection is destroyed under it, with a statement in flight', async () => {
    const pool = withResilience(createPool(stage.direct()));
    const held = await pool.getConnection();
    await stage.lock();
    held.query('SELECT id FROM stage_rows').catch(() => {});
    await stage.inFlight(1);
    const ended = pool.end();
    held.destroy();
    await ended;
  });

  test('comes through the callback, once', async () => {
    const pool = withResilience(createCallbackPool(stage.direct()), { attemptTimeout: 300, retries: 0 });
    await stage.lock();
    const failure = new Promise((resolve) => {
      pool.query('SELECT id FROM stage_rows', resolve);
    });
    await stage.inFlight(1);
    const told: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      pool.end((error) => {
        told.push(error);
        resolve();
      });
    });
    expect(await failure).toBeInstanceOf(AttemptTimeoutError);
    await ended;
    await new Promise<void>((resolve) => {
      pool.end(() => resolve());
    });
    expect(told).toEqual([undefined]);
  });

  test('comes by $disconnect() of PrismaMySQL2 with a pool of its own', async () => {
    const options = { ...stage.direct(), connectionLimit: 2 };
    const adapter = new PrismaMySQL2(options as never, { policy: { attemptTimeout: 300, retries: 0 } });
    const prisma = new PrismaClient({ adapter });
    await prisma.$connect();
    await stage.lock();
    const failure = failureOf(prisma.$queryRaw`SELECT id FROM stage_rows`);
    await stage.inFlight(1);
    await prisma.$disconnect();
    expect(await failure).toBeInstanceOf(Error);
  });

  test.each(['attemptTimeout', 'signal', 'no fence'])('lets the process end: %s', async (how) => {
    const args = ['--import', 'tsx', endingProcess, stage.server.url(), how];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    stage.after(async () => child.kill('SIGKILL'));
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1)');
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toBe('ended\n');
  });
});

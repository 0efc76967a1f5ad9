import { readFile } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { blockEventLoop } from '../../support/block-event-loop.ts';
import { unless } from '../../support/server/server-differences.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { expectTruth, killAll, type Told, told, warm } from '../outcome.ts';

const repetitions = 40;

/** Connections that die while nobody uses them. */
export function describeIdleLoss(create: CreateBinding, stage: Stage): void {
  describe('idle connections that were lost', () => {
    test('answers every read that follows at once when all idle connections were killed', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      await stage.asRoot(async (root) => {
        for (let round = 1; round <= repetitions; round += 1) {
          await warm(binding, 3);
          await killAll(root);
          expect(await Promise.all([binding.read(), binding.read(), binding.read()])).toEqual([[], [], []]);
        }
      });
    });

    test('applies a write that follows at once exactly once, or says that nobody can know', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      const answers = new Map<number, Told>();
      await stage.asRoot(async (root) => {
        for (let id = 1; id <= repetitions * 2; id += 2) {
          await warm(binding, 2);
          await killAll(root);
          const both = await Promise.all([told(binding.insert(id)), told(binding.insert(id + 1))]);
          answers.set(id, both[0]).set(id + 1, both[1]);
        }
      });
      await expectTruth(stage, answers);
    });

    test('applies a write exactly once when the reset of its connection is pending: the kernel refuses to send it', async () => {
      const binding = stage.closing(create({ connection: stage.proxied() }));
      for (let id = 1; id <= repetitions; id += 1) {
        await warm(binding, 1);
        stage.proxy.resetAll();
        await binding.insert(id);
      }
      expect(await stage.rows()).toEqual(Array.from({ length: repetitions }, (_, index) => index + 1));
    });

    test('applies a write exactly once, or says that nobody can know, when its connection is ended in the same moment', async () => {
      const binding = stage.closing(create({ connection: stage.proxied() }));
      const answers = new Map<number, Told>();
      for (let id = 1; id <= repetitions; id += 1) {
        await warm(binding, 1);
        stage.proxy.finishAll();
        answers.set(id, await told(binding.insert(id)));
      }
      await expectTruth(stage, answers);
    });

    test.each(['resetAll', 'finishAll'] as const)(
      'answers a read with the end of its connection pending (%s)',
      async (end) => {
        const binding = stage.closing(create({ connection: stage.proxied() }));
        for (let round = 1; round <= repetitions; round += 1) {
          await warm(binding, 2);
          stage.proxy[end]();
          expect(await Promise.all([binding.read(), binding.read()])).toEqual([[], []]);
        }
      },
    );

    describe('by wait_timeout', () => {
      test('applies a write exactly once when the server had closed its idle connections', async () => {
        await stage.server.admin('SET GLOBAL wait_timeout = 1');
        const binding = stage.closing(create({ connection: stage.direct() }));
        await warm(binding, 3);
        await expect.poll(() => stage.server.threads(), patient).toEqual([]);
        await Promise.all([binding.insert(1), binding.insert(2), binding.insert(3)]);
        expect([...(await stage.rows())].sort()).toEqual([1, 2, 3]);
      });

      test('applies a write exactly once when ERR 4031 is what it gets for an answer', async ({ skip }) => {
        skip(...unless(stage.server, 'idleEnd', 'ERR 4031'));
        const noise = vi.spyOn(console, 'error').mockReturnValue();
        stage.after(async () => noise.mockRestore());
        await stage.server.admin('SET GLOBAL wait_timeout = 1');
        const policy = { liveness: { trustIdleFor: 60_000 } };
        const binding = stage.closing(create({ connection: stage.direct(), policy }));
        await warm(binding, 4);
        blockEventLoop(2_500);
        await Promise.all([1, 2, 3, 4].map((id) => binding.insert(id)));
        expect([...(await stage.rows())].sort()).toEqual([1, 2, 3, 4]);
      });

      test.for([
        { sign: 'its bare end', transport: 'plain' },
        { sign: 'its bare end', transport: 'TLS' },
        { sign: 'ERR 4031', transport: 'plain' },
        { sign: 'ERR 4031', transport: 'TLS' },
      ] as const)(
        'applies writes exactly once after this process stood still and $sign is what each connection has to tell ($transport)',
        async ({ sign, transport }, { skip }) => {
          skip(...unless(stage.server, 'idleEnd', sign));
          await stage.server.admin('SET GLOBAL wait_timeout = 1');
          const ssl = transport === 'TLS' ? { ssl: { ...stage.server.tls } } : {};
          const retried: unknown[] = [];
          const connection = { ...stage.direct(), ...ssl };
          const binding = stage.closing(create({ connection, policy: { onRetry: (event) => retried.push(event) } }));
          await warm(binding, 4);
          const before = await stage.server.threads();
          expect(before).toHaveLength(4);
          await insideIoCallback(() => {
            blockEventLoop(2_500);
            return Promise.all([1, 2, 3, 4].map((id) => binding.insert(id)));
          });
          expect([...(await stage.rows())].sort()).toEqual([1, 2, 3, 4]);
          expect(before).not.toContain(await binding.select('CONNECTION_ID()'));
          // It was seen before anything was sent, and not by a write that failed.
          expect(retried).toEqual([]);
        },
      );
    });
  });
}

/** The worst place to begin from: what the kernel has to tell about other sockets is heard only a turn later. */
function insideIoCallback<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    readFile(import.meta.filename, () => resolve(work()));
  });
}

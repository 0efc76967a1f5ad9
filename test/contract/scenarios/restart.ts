import { beforeEach, describe, expect, test } from 'vitest';
import { notOurs } from '../../support/server/server.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { CreateBinding } from '../binding.ts';
import { expectTruth, later, type Told, told, warm } from '../outcome.ts';

/** A server that goes away and comes back while it is used. */
export function describeRestart(create: CreateBinding, stage: Stage): void {
  describe.each([
    { how: 'a graceful restart', restart: () => stage.server.restart() },
    {
      how: 'kill -9 and a start',
      restart: async () => {
        await stage.server.kill9();
        await stage.server.start();
      },
    },
  ])('$how', ({ restart }) => {
    // Before readers and writers begin, which end when the server is back.
    beforeEach(({ skip }) => skip(...notOurs(stage.server, 'it is not restarted')));

    test('fails none of the reads of twenty readers on ten warm connections', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      await stage.server.admin('INSERT INTO stage_rows (id) VALUES (1)');
      await warm(binding, 10);
      let back = false;
      const reader = async (): Promise<number> => {
        let answers = 0;
        // One more than until it is back: that one meets the new server only.
        for (let last = false; !last; answers += 1) {
          last = back;
          expect(await binding.read()).toEqual([1]);
        }
        return answers;
      };
      const readers = later(Promise.all(Array.from({ length: 20 }, reader)));
      await restart();
      back = true;
      for (const answers of await readers) expect(answers).toBeGreaterThan(1);
    });

    test('applies each of many writes exactly once, or says that nobody can know', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      await warm(binding, 10);
      const answers = new Map<number, Told>();
      let back = false;
      const writer = async (first: number): Promise<void> => {
        for (let id = first, last = false; !last; id += 1) {
          last = back;
          answers.set(id, await told(binding.insert(id)));
        }
      };
      const writers = later(Promise.all(Array.from({ length: 10 }, (_, index) => writer(index * 100_000))));
      await expect.poll(() => answers.size, patient).toBeGreaterThan(50);
      await restart();
      back = true;
      await writers;
      expect([...answers.values()].filter((answer) => answer === 'applied').length).toBeGreaterThan(50);
      await expectTruth(stage, answers);
    });

    test('is not noticed by reads that follow on ten connections that were idle meanwhile', async () => {
      const binding = stage.closing(create({ connection: stage.direct() }));
      await warm(binding, 10);
      await restart();
      expect(await Promise.all(Array.from({ length: 20 }, () => binding.read()))).toEqual(Array(20).fill([]));
    });
  });
}

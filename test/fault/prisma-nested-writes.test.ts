import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { cutAt, losses, packetsOf } from '../support/prisma/cut.ts';
import { adapters, createExtendedClient, type ExtendedClient } from '../support/prisma/extended-client.ts';
import { nestedWrites } from '../support/prisma/nested-writes.ts';
import { unhurried, useStage } from '../support/stage.ts';

const stage = useStage('prisma-nested-writes');
const blog = useBlog(stage);

describe.each(adapters)('a nested write through %s', unhurried, (adapter) => {
  let prisma: ExtendedClient;

  beforeEach(async () => {
    await blog.reset();
    prisma = createExtendedClient(stage, adapter, { connectionLimit: 1, policy: { minTimeout: 0, maxTimeout: 0 } });
    await prisma.user.count();
  });

  // With a sound connection, and before the stage breaks it: where one is lost while it ends, adapter-mariadb's driver rejects unheard.
  afterEach(async () => {
    await prisma.user.count();
    await prisma.$disconnect();
  });

  test.each(nestedWrites)(
    'is applied once, or not at all, and its caller hears which, wherever it is cut: $name',
    async ({ run }) => {
      const before = await blog.contents();
      await run(prisma);
      const after = await blog.contents();
      expect(after).not.toBe(before);
      await blog.reset();
      const packets = await packetsOf(stage.proxy, () => run(prisma));
      const heard: string[] = [];
      for (const loss of losses) {
        for (let n = 1; n <= packets; n += 1) {
          await blog.reset();
          await prisma.user.count();
          const cut = cutAt(stage.proxy, n, loss);
          const error: unknown = await run(prisma).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          cut.stop();
          const now = await blog.contents();
          const place = `${loss} ${n} of ${packets} lost`;
          expect(cut.happened, place).toBe(true);
          const isCommit = /commit/i.test(cut.packet);
          if (error === undefined) {
            heard.push('applied');
            expect(now, place).toBe(after);
            expect(isCommit, 'a COMMIT that got no answer is not a success').toBe(false);
          } else {
            heard.push('unknown');
            expect(error, place).toBeInstanceOf(OutcomeUnknownError);
            expect([before, after], place).toContain(now);
            // Where every packet is watched, only the COMMIT leaves anybody in doubt.
            if (adapter === 'PrismaMySQL2') expect(isCommit, place).toBe(true);
          }
        }
      }
      const unknown = heard.filter((what) => what === 'unknown').length;
      expect(unknown).toBeGreaterThanOrEqual(2);
      if (adapter === 'PrismaMySQL2') expect(unknown).toBe(2);
    },
  );
});

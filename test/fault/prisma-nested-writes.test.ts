import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { cutAtEach, losses } from '../support/prisma/cut.ts';
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
      const heard: string[] = [];
      for (const loss of losses) {
        const cuts = await cutAtEach(stage.proxy, loss, async (arm, place) => {
          await blog.reset();
          await prisma.user.count();
          const cut = arm();
          const error: unknown = await run(prisma).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          cut.stop();
          const now = await blog.contents();
          const isCommit = /commit/i.test(cut.packet);
          if (error === undefined) {
            expect(now, place).toBe(after);
            expect(isCommit, 'a COMMIT that got no answer is not a success').toBe(false);
            heard.push('applied');
          } else {
            expect(error, place).toBeInstanceOf(OutcomeUnknownError);
            expect([before, after], place).toContain(now);
            // Where every packet is watched, only the COMMIT leaves anybody in doubt.
            if (adapter === 'PrismaMySQL2') expect(isCommit, place).toBe(true);
            heard.push('unknown');
          }
        });
        expect(cuts, 'BEGIN, a statement, COMMIT at least').toBeGreaterThanOrEqual(3);
      }
      const unknown = heard.filter((what) => what === 'unknown').length;
      expect(unknown).toBeGreaterThanOrEqual(2);
      if (adapter === 'PrismaMySQL2') expect(unknown).toBe(2);
    },
  );
});

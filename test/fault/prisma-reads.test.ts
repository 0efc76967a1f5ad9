import { beforeEach, describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { cutAtEach, losses } from '../support/prisma/cut.ts';
import { adapters, createExtendedClient } from '../support/prisma/extended-client.ts';
import { reads } from '../support/prisma/reads.ts';
import { unhurried, useStage } from '../support/stage.ts';

const stage = useStage('prisma-reads');
const blog = useBlog(stage);
const fast = { minTimeout: 0, maxTimeout: 0 } as const;

beforeEach(() => blog.reset());

describe.each(adapters)('reads through %s', unhurried, (adapter) => {
  test.each(reads)('are answered whichever packet is lost: $name', async ({ name, run }) => {
    const prisma = createExtendedClient(stage, adapter, { connectionLimit: 1, policy: fast });
    const expected = await run(prisma);
    // Of a transaction that only read, PrismaMySQL2 does not know that its COMMIT is of no importance.
    const mayDoubt = adapter === 'PrismaMySQL2' && name.includes('batch');
    for (const loss of losses) {
      const cuts = await cutAtEach(stage.proxy, loss, async (arm, place) => {
        await prisma.user.count();
        const cut = arm();
        const answer: unknown = await Promise.resolve(run(prisma)).catch((error: unknown) => error);
        cut.stop();
        const isCommit = /commit/i.test(cut.packet);
        if (mayDoubt && isCommit && answer instanceof OutcomeUnknownError) return;
        expect(answer, `${place}: ${cut.packet.slice(5, 60)}`).toEqual(expected);
      });
      expect(cuts).toBeGreaterThanOrEqual(1);
    }
    await prisma.user.count();
    await prisma.$disconnect();
  });
});

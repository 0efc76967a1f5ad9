import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { cutAtEach, losses } from '../support/prisma/cut.ts';
import {
  type AdapterName,
  adapters,
  createExtendedClient,
  type ExtendedClient,
} from '../support/prisma/extended-client.ts';
import { unless } from '../support/server/server-differences.ts';
import { unhurried, useStage } from '../support/stage.ts';

interface Unit {
  readonly name: string;
  run(prisma: ExtendedClient, callback: () => void): Promise<unknown>;
  /** Not every server knows it. */
  readonly needs?: 'returning';
}

const counted = { balance: { increment: 1 } };
const ann = { email: 'ann' };
const draft = { title: 'C', slug: 'c', authorId: 1 };

/** One statement, committed by itself: what it was lost in, nobody can know. */
const statements: readonly Unit[] = [
  { name: 'createMany', run: (prisma) => prisma.tag.createMany({ data: [{ label: 'x' }, { label: 'y' }] }) },
  { name: 'updateMany', run: (prisma) => prisma.user.updateMany({ data: counted }) },
  { name: 'deleteMany', run: (prisma) => prisma.comment.deleteMany({ where: { post: { slug: 'one' } } }) },
  { name: '$executeRaw', run: (prisma) => prisma.$executeRaw`UPDATE user SET balance = balance + ${1}` },
  { name: '$executeRawUnsafe', run: (prisma) => prisma.$executeRawUnsafe('UPDATE user SET balance = balance + ?', 1) },
  {
    name: '$queryRaw that writes',
    run: (prisma) => prisma.$queryRaw`INSERT INTO comment (post_id, number, text) VALUES (2, 1, 'x')`,
  },
  {
    name: '$queryRaw that writes, and says what',
    needs: 'returning',
    run: (prisma) => prisma.$queryRaw`INSERT INTO comment (post_id, number, text) VALUES (2, 1, 'x') RETURNING number`,
  },
];

/** A transaction of Prisma's own, or several operations as one: run again until it comes to its COMMIT. */
const reruns: readonly Unit[] = [
  { name: 'create', run: (prisma) => prisma.user.create({ data: { email: 'cid' } }) },
  { name: 'update', run: (prisma) => prisma.user.update({ where: ann, data: counted }) },
  { name: 'delete', run: (prisma) => prisma.comment.delete({ where: { postId_number: { postId: 1n, number: 1 } } }) },
  { name: 'upsert', run: (prisma) => prisma.user.upsert({ where: ann, create: { email: 'ann' }, update: counted }) },
  {
    name: 'a batch of models',
    run: (prisma) =>
      prisma.$transaction([
        prisma.user.update({ where: ann, data: counted }),
        prisma.user.findMany(),
        prisma.post.create({ data: draft }),
      ]),
  },
  {
    name: 'a batch of raw statements',
    run: (prisma) =>
      prisma.$transaction([
        prisma.$executeRaw`UPDATE user SET balance = balance + 1`,
        prisma.$queryRaw`SELECT COUNT(*) FROM user`,
        prisma.$executeRawUnsafe('DELETE FROM comment WHERE number = ?', 1),
      ]),
  },
  {
    name: 'a batch with an isolation level',
    run: (prisma) =>
      prisma.$transaction([prisma.user.updateMany({ data: counted }), prisma.tag.create({ data: { label: 'x' } })], {
        isolationLevel: 'Serializable',
      }),
  },
];

/** With code of the user's in it: begun again only until that code begins. */
const interactive: readonly Unit[] = [
  {
    name: 'an interactive transaction',
    run: (prisma, callback) =>
      prisma.$transaction(async (tx) => {
        callback();
        await tx.user.update({ where: ann, data: counted });
        await tx.$executeRaw`UPDATE user SET balance = balance + 1`;
        return tx.post.create({ data: draft });
      }),
  },
  {
    name: 'an interactive transaction with a nested one',
    run: (prisma, callback) =>
      prisma.$transaction(
        async (tx) => {
          callback();
          await tx.user.updateMany({ data: counted });
          await tx.$transaction(async (nested) => nested.tag.create({ data: { label: 'x' } }));
        },
        { isolationLevel: 'RepeatableRead' },
      ),
  },
];

const stage = useStage('prisma-units');
const blog = useBlog(stage);

/** Cuts a unit at each of its packets, and holds what its caller heard against what the tables say. */
async function expectTruthWhereverCut(adapter: AdapterName, prisma: ExtendedClient, { run }: Unit) {
  const before = await blog.contents();
  let calls = 0;
  const once = () => {
    calls += 1;
  };
  await run(prisma, once);
  const after = await blog.contents();
  expect(after).not.toBe(before);
  const heard: {
    readonly told: 'applied' | 'unknown' | 'failed';
    readonly isCommit: boolean;
    readonly error: unknown;
  }[] = [];
  for (const loss of losses) {
    await cutAtEach(stage.proxy, loss, async (arm, where) => {
      await blog.reset();
      await prisma.user.count();
      calls = 0;
      const cut = arm();
      const error: unknown = await run(prisma, once).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      cut.stop();
      const now = await blog.contents();
      const place = `${adapter}, lost: ${where}`;
      expect(calls, place).toBeLessThanOrEqual(1);
      const told = error === undefined ? 'applied' : error instanceof OutcomeUnknownError ? 'unknown' : 'failed';
      const possible = { applied: [after], unknown: [before, after], failed: [before] }[told];
      expect(possible, `${place}, and the caller was told: ${told}`).toContain(now);
      if (!cut.happened) expect(told, 'nothing was lost').toBe('applied');
      else heard.push({ told, isCommit: /commit/i.test(cut.packet), error });
    });
  }
  return heard;
}

describe.each(adapters)('a unit of work through %s', unhurried, (adapter) => {
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

  test.for(statements)('is applied once, or nobody knows: $name', async (unit, { skip }) => {
    if (unit.needs !== undefined) skip(...unless(stage.server, unit.needs, 'known'));
    const heard = await expectTruthWhereverCut(adapter, prisma, unit);
    // Applied after all where only PREPARE was lost; never a bare error, which would say that it was not applied.
    expect(new Set(heard.map(({ told }) => told))).toContain('unknown');
    expect(heard.filter(({ told }) => told === 'failed')).toEqual([]);
  });

  test.each(reruns)('is run again until it comes to its COMMIT: $name', async (unit) => {
    const heard = await expectTruthWhereverCut(adapter, prisma, unit);
    expect(heard.filter(({ told }) => told === 'failed')).toEqual([]);
    expect(heard.filter(({ isCommit, told }) => isCommit && told !== 'unknown')).toEqual([]);
    if (adapter === 'PrismaMySQL2') {
      expect(heard.filter(({ isCommit, told }) => !isCommit && told !== 'applied')).toEqual([]);
    }
  });

  test.each(interactive)('runs its callback once, and is undone where that was lost: $name', async (unit) => {
    const heard = await expectTruthWhereverCut(adapter, prisma, unit);
    expect(heard.filter(({ isCommit, told }) => isCommit !== (told === 'unknown'))).toEqual([]);
    expect(heard[0]?.told, 'lost before the callback began').toBe('applied');
    if (adapter === 'PrismaMySQL2') {
      const failed = heard.filter(({ told }) => told === 'failed');
      for (const { error } of failed) expect(['rolled-back', 'not-executed']).toContain(classify(error).outcome);
    }
  });
});

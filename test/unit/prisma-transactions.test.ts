import { describe, expect, it, vi } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import { OutcomeUnknownError, RetriesExhaustedError, type RetryPolicyOptions } from '../../src/index.ts';
import {
  closed,
  failing,
  lost,
  numbered,
  refused,
  type Script,
  ScriptedAdapter,
} from '../support/prisma/scripted-adapter.ts';

function open(script: Script, policy: RetryPolicyOptions = {}) {
  const adapter = new ScriptedAdapter();
  adapter.script = script;
  const prisma = new PrismaClient({ adapter }).$extends(resilience({ minTimeout: 0, maxTimeout: 0, ...policy }));
  return { adapter, prisma };
}

type Client = ReturnType<typeof open>['prisma'];

const failureOf = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => expect.unreachable('this was to fail, and succeeded'),
    (error: unknown) => error,
  );

const two = (prisma: Client) =>
  prisma.$transaction([prisma.$executeRaw`UPDATE a SET b = 1`, prisma.$executeRaw`INSERT INTO c VALUES (1)`]);
const models = (prisma: Client) =>
  prisma.$transaction([prisma.user.updateMany({ data: { name: 'x' } }), prisma.tag.deleteMany()]);
const readsOnly = (prisma: Client) =>
  prisma.$transaction([prisma.user.findMany(), prisma.user.groupBy({ by: ['name'] })]);

describe('a batch', () => {
  it('is sent again as a whole, in its order, when it was rolled back', async () => {
    const { adapter, prisma } = open(failing('INSERT', () => numbered(1213)));
    expect(await two(prisma)).toEqual([1, 1]);
    const once = ['BEGIN', 'UPDATE a SET b = 1', 'INSERT INTO c VALUES (1)'];
    expect(adapter.steps).toEqual([...once, 'ROLLBACK', ...once, 'COMMIT']);
  });

  it.each<[string, () => Error]>([
    ['no connection', refused],
    ['too many connections', () => numbered(1040)],
  ])('begins again when it could not begin: %s', async (_, error) => {
    const { adapter, prisma } = open(failing('BEGIN', error, 2));
    expect(await models(prisma)).toHaveLength(2);
    expect(adapter.steps.slice(0, 3)).toEqual(['BEGIN', 'BEGIN', 'BEGIN']);
    expect(adapter.count('COMMIT')).toBe(1);
  });

  it('begins again when Prisma gave up waiting for its beginning', async () => {
    const { adapter, prisma } = open((step, nth) =>
      step === 'BEGIN' && nth === 1 ? new Promise(() => {}) : undefined,
    );
    const elements = [prisma.user.updateMany({ data: { name: 'x' } }), prisma.tag.deleteMany()];
    expect(await prisma.$transaction(elements, { maxWait: 20 })).toHaveLength(2);
    expect(adapter.count('BEGIN')).toBe(2);
    expect(adapter.count('COMMIT')).toBe(1);
  });

  it.each(['UPDATE', 'COMMIT'])('is unknown when its connection was lost: %s', async (step) => {
    const { adapter, prisma } = open(failing(step, lost));
    const error = await failureOf(two(prisma));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(String(error)).toContain('the transaction');
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it("is unknown when all that is told is the failure of Prisma's ROLLBACK", async () => {
    const { adapter, prisma } = open(
      (step, nth) => failing('UPDATE', lost)(step, nth) ?? failing('ROLLBACK', closed)(step, nth),
    );
    expect(await failureOf(two(prisma))).toBeInstanceOf(OutcomeUnknownError);
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it.each(['CREATE TABLE t (id INT)', 'CALL p()', 'SET autocommit = 1'])(
    'is never sent again when something in it may have committed by itself: %s',
    async (sql) => {
      const { adapter, prisma } = open(failing('INSERT', () => numbered(1213)));
      const work = prisma.$transaction([prisma.$executeRawUnsafe(sql), prisma.$executeRaw`INSERT INTO c VALUES (1)`]);
      expect(await failureOf(work)).toBeInstanceOf(OutcomeUnknownError);
      expect(adapter.count('BEGIN')).toBe(1);
      const begun = open(failing('BEGIN', refused));
      await begun.prisma.$transaction([
        begun.prisma.$executeRawUnsafe(sql),
        begun.prisma.$executeRaw`INSERT INTO c VALUES (1)`,
      ]);
      expect(begun.adapter.count('COMMIT')).toBe(1);
    },
  );

  it.each(['SELECT', 'COMMIT'])('that only reads is sent again, wherever it was lost: %s', async (step) => {
    const { adapter, prisma } = open(failing(step, lost));
    expect(await readsOnly(prisma)).toEqual([[], []]);
    expect(adapter.count('BEGIN')).toBe(2);
  });

  it('is sent again when it was marked as idempotent, also when its COMMIT was lost', async () => {
    const { adapter, prisma } = open(failing('COMMIT', lost));
    const derived = prisma.$resilience({ idempotent: true });
    await two(derived);
    expect(adapter.count('UPDATE')).toBe(2);
  });

  it('that came together elsewhere is sent again too, and its elements are never on their own', async () => {
    const { adapter, prisma } = open(failing('INSERT', () => numbered(1213)));
    const elements = [prisma.$executeRaw`UPDATE a SET b = 1`, prisma.$executeRaw`INSERT INTO c VALUES (1)`];
    await prisma.$resilience({ retries: 3 }).$transaction(elements);
    expect(adapter.count('BEGIN')).toBe(2);
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });

  it('of one element, which Prisma sends with no transaction around it, is what that element is', async () => {
    const { adapter, prisma } = open(failing('UPDATE', lost));
    expect(await failureOf(prisma.$transaction([prisma.$executeRaw`UPDATE a SET b = 1`]))).toBeInstanceOf(
      OutcomeUnknownError,
    );
    expect(adapter.steps).toEqual(['UPDATE a SET b = 1']);
    const refusing = open(failing('UPDATE', () => numbered(1213)));
    expect(await refusing.prisma.$transaction([refusing.prisma.$executeRaw`UPDATE a SET b = 1`])).toEqual([1]);
  });

  it('comes back with an ordinary error as Prisma tells it', async () => {
    const { adapter, prisma } = open(failing('INSERT', () => numbered(1062)));
    expect(await failureOf(two(prisma))).toMatchObject({ code: 'P2010', clientVersion: expect.any(String) });
    expect(adapter.steps.at(-1)).toBe('ROLLBACK');
    expect(await prisma.$transaction([])).toEqual([]);
    expect(await failureOf(prisma.$transaction([Promise.resolve(1)] as never))).toMatchObject({
      message: expect.stringContaining('need to be Prisma Client promises'),
    });
  });

  it('gives up as the policy says, and is not multiplied', async () => {
    const { adapter, prisma } = open(
      failing('INSERT', () => numbered(1213), 99),
      { retries: 5 },
    );
    const error = await failureOf(two(prisma.$resilience({ retries: 2 })));
    expect(error).toBeInstanceOf(RetriesExhaustedError);
    expect(adapter.count('BEGIN')).toBe(3);
  });
});

describe('an interactive transaction', () => {
  const run = (prisma: Client, callback: () => void = () => {}) =>
    prisma.$transaction(async (tx) => {
      callback();
      await tx.user.updateMany({ data: { name: 'x' } });
      return 'done';
    });

  it.each<[string, () => Error]>([
    ['no connection', refused],
    ['lost with BEGIN in flight', lost],
    ['closed', closed],
    ['too many connections', () => numbered(1040)],
  ])('begins again when it could not begin, and its callback runs once: %s', async (_, error) => {
    const { adapter, prisma } = open(failing('BEGIN', error, 2));
    const callback = vi.fn();
    expect(await run(prisma, callback)).toBe('done');
    expect(callback).toHaveBeenCalledOnce();
    expect(adapter.count('BEGIN')).toBe(3);
  });

  it('begins again when Prisma gave up waiting for its beginning', async () => {
    const { adapter, prisma } = open((step, nth) => (step === 'BEGIN' && nth <= 2 ? new Promise(() => {}) : undefined));
    expect(await prisma.$transaction(async (tx) => tx.user.deleteMany(), { maxWait: 20 })).toEqual({ count: 1 });
    expect(adapter.count('BEGIN')).toBe(3);
  });

  it('does not begin again after an ordinary error, or a refusal that stays', async () => {
    const { adapter, prisma } = open(failing('BEGIN', () => numbered(1045), 9));
    await failureOf(run(prisma));
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it.each<[string, () => Error]>([
    ['a deadlock', () => numbered(1213)],
    ['a lost connection', lost],
    ['an ordinary error', () => numbered(1054)],
  ])('never repeats a statement or its callback: %s', async (_, error) => {
    const { adapter, prisma } = open(failing('UPDATE', error));
    const callback = vi.fn();
    const thrown = await failureOf(run(prisma, callback));
    expect(thrown).not.toBeInstanceOf(OutcomeUnknownError);
    expect(thrown).toMatchObject({ clientVersion: expect.any(String) });
    expect(callback).toHaveBeenCalledOnce();
    expect(adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'ROLLBACK']);
  });

  it.each([new Error('not today'), lost(), closed(), 'a text', undefined])(
    'ends with the very thing that its callback threw: %s',
    async (own) => {
      const { adapter, prisma } = open(failing('ROLLBACK', closed));
      const callback = vi.fn(() => {
        throw own;
      });
      expect(await failureOf(run(prisma, callback))).toBe(own);
      expect(callback).toHaveBeenCalledOnce();
      expect(adapter.steps).toEqual(['BEGIN', 'ROLLBACK']);
    },
  );

  it.each<[string, () => Error]>([
    ['lost', lost],
    ['closed, for all that is told', closed],
  ])('is unknown when its COMMIT failed: %s', async (_, error) => {
    const { prisma } = open(failing('COMMIT', error));
    const callback = vi.fn();
    const thrown = await failureOf(run(prisma, callback));
    expect(thrown).toBeInstanceOf(OutcomeUnknownError);
    expect(String(thrown)).toContain('the transaction');
    expect(callback).toHaveBeenCalledOnce();
  });

  it('ends as it is when the server answered its COMMIT with a rollback', async () => {
    const { prisma } = open(failing('COMMIT', () => numbered(1213)));
    const callback = vi.fn();
    expect(await failureOf(run(prisma, callback))).toMatchObject({ name: 'DriverAdapterError' });
    expect(callback).toHaveBeenCalledOnce();
  });

  it('is not committed, and lets nothing more through, after its callback swallowed what had ended it', async () => {
    const { adapter, prisma } = open(failing('UPDATE', () => numbered(1213)));
    const swallowed: unknown[] = [];
    const error = await failureOf(
      prisma.$transaction(async (tx) => {
        swallowed.push(await failureOf(tx.user.updateMany({ data: { name: 'x' } })));
        swallowed.push(await failureOf(tx.tag.deleteMany()));
        return 'done';
      }),
    );
    expect(swallowed).toEqual([error, error]);
    expect(adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'ROLLBACK']);
  });

  it('is committed after its callback swallowed what had ended a statement only', async () => {
    const { adapter, prisma } = open(failing('UPDATE', () => numbered(1205)));
    await prisma.$transaction(async (tx) => {
      await failureOf(tx.user.updateMany({ data: { name: 'x' } }));
      await tx.tag.deleteMany();
    });
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });

  it("is not touched by what happens to another transaction in its callback, or to the client's own work", async () => {
    const { adapter, prisma } = open(failing('UPDATE', () => numbered(1213)));
    await prisma.$transaction(async (tx) => {
      await failureOf(prisma.$transaction(async (other) => other.user.updateMany({ data: { name: 'x' } })));
      await tx.tag.deleteMany();
    });
    expect(adapter.steps.at(-1)).toBe('COMMIT');
    const outside = open(failing('UPDATE', () => numbered(1213)));
    await outside.prisma.$transaction(async () => outside.prisma.user.updateMany({ data: { name: 'x' } }));
    expect(outside.adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'UPDATE', 'COMMIT']);
  });

  it('leaves a transaction inside it alone: the outermost decides', async () => {
    const { adapter, prisma } = open(failing('SAVEPOINT', lost));
    const inner = vi.fn();
    const error = await failureOf(prisma.$transaction(async (tx) => tx.$transaction(async () => inner())));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(inner).not.toHaveBeenCalled();
    expect(adapter.steps).toEqual(['BEGIN', 'SAVEPOINT', 'ROLLBACK']);
    const batch = open(() => undefined);
    await batch.prisma.$transaction(async (tx) => tx.$transaction([tx.tag.deleteMany(), tx.user.deleteMany()]));
    expect(batch.adapter.count('BEGIN')).toBe(1);
  });

  it('has no $resilience() inside, and says so', async () => {
    const { prisma } = open(() => undefined);
    const error = await failureOf(prisma.$transaction(async (tx) => tx.$resilience({ retries: 1 })));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('nothing is retried in there');
  });
});

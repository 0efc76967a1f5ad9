import { describe, expect, it, vi } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { classify, OutcomeUnknownError } from '../../src/index.ts';
import { closed, failing, lost, numbered, refused } from '../support/prisma/scripted-adapter.ts';
import { openScripted, type ScriptedClient, thrownBy } from '../support/prisma/scripted-client.ts';

describe('an interactive transaction', () => {
  const run = (prisma: ScriptedClient, callback: () => void = () => {}) =>
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
    const { adapter, prisma } = openScripted(failing('BEGIN', error, 2));
    const callback = vi.fn();
    expect(await run(prisma, callback)).toBe('done');
    expect(callback).toHaveBeenCalledOnce();
    expect(adapter.count('BEGIN')).toBe(3);
  });

  it('begins again when Prisma gave up waiting for its beginning, by a limit that nobody has set', async () => {
    const { adapter, prisma } = openScripted((step, nth) =>
      step === 'BEGIN' && nth === 1 ? new Promise(() => {}) : undefined,
    );
    expect(await prisma.$transaction(async (tx) => tx.user.deleteMany())).toEqual({ count: 1 });
    expect(adapter.count('BEGIN')).toBe(2);
  });

  it('does not begin again when the `maxWait` has passed that the caller has set', async () => {
    const { adapter, prisma } = openScripted((step) => (step === 'BEGIN' ? new Promise(() => {}) : undefined));
    const error = await thrownBy(prisma.$transaction(async (tx) => tx.user.deleteMany(), { maxWait: 20 }));
    expect(error).toMatchObject({ code: 'P2028' });
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it('does not begin again after an ordinary error, or a refusal that stays', async () => {
    const { adapter, prisma } = openScripted(failing('BEGIN', () => numbered(1045), 9));
    await thrownBy(run(prisma));
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it.each<[string, () => Error]>([
    ['a deadlock', () => numbered(1213)],
    ['a lost connection', lost],
    ['an ordinary error', () => numbered(1054)],
  ])('never repeats a statement or its callback: %s', async (_, error) => {
    const { adapter, prisma } = openScripted(failing('UPDATE', error));
    const callback = vi.fn();
    const thrown = await thrownBy(run(prisma, callback));
    expect(thrown).not.toBeInstanceOf(OutcomeUnknownError);
    expect(thrown).toMatchObject({ clientVersion: expect.any(String) });
    expect(callback).toHaveBeenCalledOnce();
    expect(adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'ROLLBACK']);
  });

  it.each([new Error('not today'), lost(), closed(), 'a text', undefined])(
    'ends with the very thing that its callback threw: %s',
    async (own) => {
      const { adapter, prisma } = openScripted(failing('ROLLBACK', closed));
      const callback = vi.fn(() => {
        throw own;
      });
      expect(await thrownBy(run(prisma, callback))).toBe(own);
      expect(callback).toHaveBeenCalledOnce();
      expect(adapter.steps).toEqual(['BEGIN', 'ROLLBACK']);
    },
  );

  it.each<[string, () => Error]>([
    ['lost', lost],
    ['closed, for all that is told', closed],
  ])('is unknown when its COMMIT failed: %s', async (_, error) => {
    const { prisma } = openScripted(failing('COMMIT', error));
    const callback = vi.fn();
    const thrown = await thrownBy(run(prisma, callback));
    expect(thrown).toBeInstanceOf(OutcomeUnknownError);
    expect(String(thrown)).toContain('the transaction');
    expect(callback).toHaveBeenCalledOnce();
  });

  it('ends as it is when the server answered its COMMIT with a rollback', async () => {
    const { prisma } = openScripted(failing('COMMIT', () => numbered(1213)));
    const callback = vi.fn();
    expect(await thrownBy(run(prisma, callback))).toMatchObject({ name: 'DriverAdapterError' });
    expect(callback).toHaveBeenCalledOnce();
  });

  it('is not committed, and lets nothing more through, after its callback swallowed what had ended it', async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', () => numbered(1213)));
    const swallowed: unknown[] = [];
    const error = await thrownBy(
      prisma.$transaction(async (tx) => {
        swallowed.push(await thrownBy(tx.user.updateMany({ data: { name: 'x' } })));
        swallowed.push(await thrownBy(tx.tag.deleteMany()));
        return 'done';
      }),
    );
    expect(swallowed).toEqual([error, error]);
    expect(adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'ROLLBACK']);
  });

  it('is committed after its callback swallowed what had ended a statement only', async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', () => numbered(1205)));
    await prisma.$transaction(async (tx) => {
      await thrownBy(tx.user.updateMany({ data: { name: 'x' } }));
      await tx.tag.deleteMany();
    });
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });

  it('asks for the setting past the hooks, of which one may wait until the first statement has ended', async () => {
    const { adapter, bare } = openScripted(failing('UPDATE', () => numbered(1205)));
    let before: Promise<unknown> = Promise.resolve();
    const oneByOne = bare.$extends({
      query: {
        $allOperations: ({ args, query }) => {
          const result = before.catch(() => {}).then(() => query(args));
          before = result;
          return result;
        },
      },
    });
    await oneByOne.$extends(resilience()).$transaction(async (tx) => {
      await thrownBy(tx.user.updateMany({ data: { name: 'x' } }));
      await tx.tag.deleteMany();
    });
    expect(adapter.steps.filter((step) => step.includes('@@'))).toHaveLength(1);
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });

  it.each<[string, string, (prisma: ScriptedClient) => Promise<unknown>]>([
    ['its COMMIT fails by a deadlock', 'COMMIT', async () => {}],
    [
      'another transaction in its callback fails by one',
      'UPDATE',
      (prisma) => prisma.$transaction(async (other) => other.user.updateMany({ data: { name: 'x' } })),
    ],
  ])('does not run again behind what commits by itself, when %s', async (_, step, work) => {
    const { adapter, prisma } = openScripted(failing(step, () => numbered(1213)));
    const error = await thrownBy(
      prisma.$transaction(
        async (tx) => {
          await tx.tag.deleteMany();
          await tx.$executeRaw`CREATE TABLE made (id INT)`;
          await work(prisma);
        },
        { rerun: true },
      ),
    );
    expect(adapter.count('CREATE')).toBe(1);
    if (step === 'COMMIT') expect(classify(error).outcome).toBe('failed');
  });

  it("is not touched by what happens to another transaction in its callback, or to the client's own work", async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', () => numbered(1213)));
    await prisma.$transaction(async (tx) => {
      await thrownBy(prisma.$transaction(async (other) => other.user.updateMany({ data: { name: 'x' } })));
      await tx.tag.deleteMany();
    });
    expect(adapter.steps.at(-1)).toBe('COMMIT');
    const outside = openScripted(failing('UPDATE', () => numbered(1213)));
    await outside.prisma.$transaction(async () => outside.prisma.user.updateMany({ data: { name: 'x' } }));
    expect(outside.adapter.steps.map((step) => step.split(' ')[0])).toEqual(['BEGIN', 'UPDATE', 'UPDATE', 'COMMIT']);
  });

  it('leaves a transaction inside it alone: the outermost decides', async () => {
    const { adapter, prisma } = openScripted(failing('SAVEPOINT', lost));
    const inner = vi.fn();
    const error = await thrownBy(prisma.$transaction(async (tx) => tx.$transaction(async () => inner())));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(inner).not.toHaveBeenCalled();
    expect(adapter.steps).toEqual(['BEGIN', 'SAVEPOINT', 'ROLLBACK']);
    const batch = openScripted(() => undefined);
    await batch.prisma.$transaction(async (tx) => tx.$transaction([tx.tag.deleteMany(), tx.user.deleteMany()]));
    expect(batch.adapter.count('BEGIN')).toBe(1);
  });

  it('has no $resilience() inside, and says so', async () => {
    const { prisma } = openScripted(() => undefined);
    const error = await thrownBy(prisma.$transaction(async (tx) => tx.$resilience({ retries: 1 })));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('nothing is retried in there');
  });
});

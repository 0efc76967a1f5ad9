import { describe, expect, it } from 'vitest';
import { OutcomeUnknownError, RetriesExhaustedError } from '../../src/index.ts';
import { closed, failing, lost, numbered, refused } from '../support/prisma/scripted-adapter.ts';
import { openScripted, type ScriptedClient, thrownBy } from '../support/prisma/scripted-client.ts';

const two = (prisma: ScriptedClient) =>
  prisma.$transaction([prisma.$executeRaw`UPDATE a SET b = 1`, prisma.$executeRaw`INSERT INTO c VALUES (1)`]);
const models = (prisma: ScriptedClient) =>
  prisma.$transaction([prisma.user.updateMany({ data: { name: 'x' } }), prisma.tag.deleteMany()]);
const readsOnly = (prisma: ScriptedClient) =>
  prisma.$transaction([prisma.user.findMany(), prisma.user.groupBy({ by: ['name'] })]);

describe('a batch', () => {
  it('is sent again as a whole, in its order, when it was rolled back', async () => {
    const { adapter, prisma } = openScripted(failing('INSERT', () => numbered(1213)));
    expect(await two(prisma)).toEqual([1, 1]);
    const once = ['BEGIN', 'UPDATE a SET b = 1', 'INSERT INTO c VALUES (1)'];
    expect(adapter.steps).toEqual([...once, 'ROLLBACK', ...once, 'COMMIT']);
  });

  it.each<[string, () => Error]>([
    ['no connection', refused],
    ['too many connections', () => numbered(1040)],
  ])('begins again when it could not begin: %s', async (_, error) => {
    const { adapter, prisma } = openScripted(failing('BEGIN', error, 2));
    expect(await models(prisma)).toHaveLength(2);
    expect(adapter.steps.slice(0, 3)).toEqual(['BEGIN', 'BEGIN', 'BEGIN']);
    expect(adapter.count('COMMIT')).toBe(1);
  });

  it('begins again when Prisma gave up waiting for its beginning, by a limit that nobody has set', async () => {
    const { adapter, prisma } = openScripted((step, nth) =>
      step === 'BEGIN' && nth === 1 ? new Promise(() => {}) : undefined,
    );
    const elements = [prisma.user.updateMany({ data: { name: 'x' } }), prisma.tag.deleteMany()];
    expect(await prisma.$transaction(elements)).toHaveLength(2);
    expect(adapter.count('BEGIN')).toBe(2);
    expect(adapter.count('COMMIT')).toBe(1);
  });

  it.each(['UPDATE', 'COMMIT'])('is unknown when its connection was lost: %s', async (step) => {
    const { adapter, prisma } = openScripted(failing(step, lost));
    const error = await thrownBy(two(prisma));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(String(error)).toContain('the transaction');
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it("is unknown when all that is told is the failure of Prisma's ROLLBACK", async () => {
    const { adapter, prisma } = openScripted(
      (step, nth) => failing('UPDATE', lost)(step, nth) ?? failing('ROLLBACK', closed)(step, nth),
    );
    expect(await thrownBy(two(prisma))).toBeInstanceOf(OutcomeUnknownError);
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it.each(['CREATE TABLE t (id INT)', 'CALL p()', 'SET autocommit = 1'])(
    'is never sent again when something in it may have committed by itself: %s',
    async (sql) => {
      const { adapter, prisma } = openScripted(failing('INSERT', () => numbered(1213)));
      const work = prisma.$transaction([prisma.$executeRawUnsafe(sql), prisma.$executeRaw`INSERT INTO c VALUES (1)`]);
      expect(await thrownBy(work)).toBeInstanceOf(OutcomeUnknownError);
      expect(adapter.count('BEGIN')).toBe(1);
      const begun = openScripted(failing('BEGIN', refused));
      await begun.prisma.$transaction([
        begun.prisma.$executeRawUnsafe(sql),
        begun.prisma.$executeRaw`INSERT INTO c VALUES (1)`,
      ]);
      expect(begun.adapter.count('COMMIT')).toBe(1);
    },
  );

  it.each(['SELECT', 'COMMIT'])('that only reads is sent again, wherever it was lost: %s', async (step) => {
    const { adapter, prisma } = openScripted(failing(step, lost));
    expect(await readsOnly(prisma)).toEqual([[], []]);
    expect(adapter.count('BEGIN')).toBe(2);
  });

  it('is sent again when it was marked as idempotent, also when its COMMIT was lost', async () => {
    const { adapter, prisma } = openScripted(failing('COMMIT', lost));
    const derived = prisma.$resilience({ idempotent: true });
    await two(derived);
    expect(adapter.count('UPDATE')).toBe(2);
  });

  it('that came together elsewhere is sent again too, and its elements are never on their own', async () => {
    const { adapter, prisma } = openScripted(failing('INSERT', () => numbered(1213)));
    const elements = [prisma.$executeRaw`UPDATE a SET b = 1`, prisma.$executeRaw`INSERT INTO c VALUES (1)`];
    await prisma.$resilience({ retries: 3 }).$transaction(elements);
    expect(adapter.count('BEGIN')).toBe(2);
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });

  it('of one element, which Prisma sends with no transaction around it, is what that element is', async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', lost));
    expect(await thrownBy(prisma.$transaction([prisma.$executeRaw`UPDATE a SET b = 1`]))).toBeInstanceOf(
      OutcomeUnknownError,
    );
    expect(adapter.steps).toEqual(['UPDATE a SET b = 1']);
    const refusing = openScripted(failing('UPDATE', () => numbered(1213)));
    expect(await refusing.prisma.$transaction([refusing.prisma.$executeRaw`UPDATE a SET b = 1`])).toEqual([1]);
  });

  it('comes back with an ordinary error as Prisma tells it', async () => {
    const { adapter, prisma } = openScripted(failing('INSERT', () => numbered(1062)));
    expect(await thrownBy(two(prisma))).toMatchObject({ code: 'P2010', clientVersion: expect.any(String) });
    expect(adapter.steps.at(-1)).toBe('ROLLBACK');
    expect(await prisma.$transaction([])).toEqual([]);
    expect(await thrownBy(prisma.$transaction([Promise.resolve(1)] as never))).toMatchObject({
      message: expect.stringContaining('need to be Prisma Client promises'),
    });
  });

  it.each<[string, () => Error]>([
    ['lost', lost],
    ['rolled back', () => numbered(1213)],
  ])('is not sent again when nobody knows what is in it: %s', async (_, error) => {
    const { adapter, bare, prisma } = openScripted(failing('UPDATE', error));
    const work = prisma.$transaction([bare.user.updateMany({ data: { name: 'x' } }), bare.tag.deleteMany()]);
    expect(await thrownBy(work)).toBeInstanceOf(OutcomeUnknownError);
    expect(adapter.count('BEGIN')).toBe(1);
  });

  it('is refused with an option that nobody knows, before anything is sent', async () => {
    const { adapter, prisma } = openScripted(() => undefined);
    const failure = prisma.$transaction([prisma.user.deleteMany()], { rety: 1 } as never);
    await expect(failure).rejects.toThrow(/^Unknown option `rety` of a transaction; expected one of: /);
    await expect(failure).rejects.toBeInstanceOf(TypeError);
    expect(adapter.steps).toEqual([]);
  });

  it('gives up as the policy says, and is not multiplied', async () => {
    const { adapter, prisma } = openScripted(
      failing('INSERT', () => numbered(1213), 99),
      { retries: 5 },
    );
    const error = await thrownBy(two(prisma.$resilience({ retries: 2 })));
    expect(error).toBeInstanceOf(RetriesExhaustedError);
    expect(adapter.count('BEGIN')).toBe(3);
  });
});

import { describe, expect, it } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { Prisma } from '../../prisma/generated/client.ts';
import { classify, OutcomeUnknownError, type ResilienceOptions, RetriesExhaustedError } from '../../src/index.ts';
import { closed, failing, lost, numbered, refused, type Script } from '../support/prisma/scripted-adapter.ts';
import { openScripted, type ScriptedClient, thrownBy } from '../support/prisma/scripted-client.ts';

type Work = (prisma: ScriptedClient) => PromiseLike<unknown>;

const reads: [string, Work][] = [
  ['findUnique', (prisma) => prisma.user.findUnique({ where: { id: 1 } })],
  ['findFirst', (prisma) => prisma.user.findFirst()],
  ['findMany', (prisma) => prisma.user.findMany({ include: { posts: true } })],
  ['groupBy', (prisma) => prisma.user.groupBy({ by: ['name'] })],
  ['$queryRaw', (prisma) => prisma.$queryRaw`SELECT * FROM user WHERE id = ${1}`],
  ['$queryRaw with Prisma.sql', (prisma) => prisma.$queryRaw(Prisma.sql`SELECT ${1} FROM ${Prisma.raw('`user`')}`)],
  ['$queryRawUnsafe', (prisma) => prisma.$queryRawUnsafe('SELECT * FROM user WHERE id = ?', 1)],
];

const writes: [string, Work][] = [
  ['updateMany', (prisma) => prisma.user.updateMany({ data: { name: 'x' } })],
  ['deleteMany', (prisma) => prisma.user.deleteMany()],
  ['createMany', (prisma) => prisma.user.createMany({ data: { email: 'x' } })],
  ['create', (prisma) => prisma.user.create({ data: { email: 'x' }, select: { id: true } })],
  ['$executeRaw', (prisma) => prisma.$executeRaw`UPDATE user SET name = ${'x'}`],
  ['$executeRawUnsafe', (prisma) => prisma.$executeRawUnsafe('INSERT INTO user (id) VALUES (?)', 1)],
  ['$queryRaw that locks', (prisma) => prisma.$queryRaw`SELECT * FROM user FOR UPDATE`],
  ['$queryRaw with what Prisma.raw() brings', (prisma) => prisma.$queryRaw`SELECT ${Prisma.raw('GET_LOCK("x", 1)')}`],
  ['$queryRawUnsafe that writes', (prisma) => prisma.$queryRawUnsafe('INSERT INTO user (id) VALUES (1) RETURNING id')],
];

/** The first statement that is no BEGIN. */
const statement = (error: () => unknown, times = 1): Script => {
  const script = failing('', error, times);
  return (step, nth) => (/^(BEGIN|COMMIT|ROLLBACK)/.test(step) ? undefined : script(step, nth));
};

describe('a connection that was lost with a statement in flight', () => {
  it.each(reads)('%s is asked again', async (_, work) => {
    const { adapter, prisma } = openScripted(statement(lost, 2));
    await work(prisma);
    expect(adapter.steps.filter((step) => step === adapter.steps[0]).length).toBe(3);
  });

  it.each(writes)('%s is not sent again, and nobody can know', async (_, work) => {
    const { adapter, prisma } = openScripted(statement(lost));
    const error = await thrownBy(work(prisma));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({ attempts: 1, cause: { code: 'ECONNRESET', clientVersion: expect.any(String) } });
    expect(adapter.steps.filter((step) => !/^(BEGIN|ROLLBACK)/.test(step))).toHaveLength(1);
  });

  it.each(writes)('%s is sent again when it was marked as idempotent', async (_, work) => {
    const { adapter, prisma } = openScripted(statement(lost));
    await work(prisma.$resilience({ idempotent: true }));
    expect(adapter.steps.filter((step) => !/^(BEGIN|ROLLBACK|COMMIT)/.test(step)).length).toBeGreaterThanOrEqual(2);
    expect(await thrownBy(work(openScripted(statement(lost)).prisma))).toBeInstanceOf(OutcomeUnknownError);
  });

  it('is no reason to doubt the COMMIT less', async () => {
    const { adapter, prisma } = openScripted(failing('COMMIT', lost));
    expect(await thrownBy(prisma.user.create({ data: { email: 'x' }, select: { id: true } }))).toBeInstanceOf(
      OutcomeUnknownError,
    );
    expect(adapter.count('BEGIN')).toBe(1);
  });
});

describe('a failure that proves that nothing was left behind', () => {
  const proofs: [string, () => Error][] = [
    ['no connection could be made', refused],
    ['too many connections', () => numbered(1040)],
    ['read-only', () => numbered(1290, 'The server is running with the --read-only option')],
    ['a deadlock', () => numbered(1213)],
    ['a lock wait', () => numbered(1205)],
  ];
  it.each(proofs.flatMap(([why, error]) => writes.map(([name, work]) => ({ why, error, name, work }))))(
    '$name is sent again: $why',
    async ({ error, work }) => {
      const { adapter, prisma } = openScripted(statement(error, 2));
      await work(prisma);
      const sent = adapter.steps.filter((step) => !/^(BEGIN|ROLLBACK|COMMIT)/.test(step));
      expect(sent.filter((step) => step === sent[0])).toHaveLength(3);
    },
  );

  it('a raw statement on a connection that its driver knows to be closed is sent again', async () => {
    const { adapter, prisma } = openScripted(failing('UPDATE', closed));
    expect(await prisma.$executeRaw`UPDATE user SET name = 'x'`).toBe(1);
    expect(adapter.count('UPDATE')).toBe(2);
  });

  it.each(['INSERT', 'COMMIT'])(
    '"closed" is not believed in an implicit transaction, where it may follow on a lost COMMIT: %s',
    async (step) => {
      const { adapter, prisma } = openScripted(failing(step, closed));
      const work = prisma.user.create({ data: { email: 'x' }, select: { id: true } });
      expect(await thrownBy(work)).toBeInstanceOf(OutcomeUnknownError);
      expect(adapter.count('BEGIN')).toBe(1);
    },
  );

  it.each(['CALL p()', 'CREATE TABLE t (id INT)', 'UPDATE a SET b = 1; UPDATE c SET d = 1'])(
    'nothing is believed of what may have committed a part of its work: %s',
    async (sql) => {
      const { adapter, prisma } = openScripted(statement(() => numbered(1213)));
      expect(await thrownBy(prisma.$executeRawUnsafe(sql))).toBeInstanceOf(OutcomeUnknownError);
      expect(adapter.steps).toEqual([sql]);
      const other = openScripted(statement(refused));
      await other.prisma.$executeRawUnsafe(sql);
      expect(other.adapter.steps).toEqual([sql, sql]);
    },
  );
});

describe('what Prisma puts together', () => {
  it.each<[string, ResilienceOptions]>([
    ['with no options', {}],
    ['with limits', { attemptTimeout: 5_000, signal: new AbortController().signal }],
  ])('is still put together, also when it is asked again: %s', async (_, policy) => {
    const { adapter, prisma } = openScripted(statement(lost), policy);
    await Promise.all([1, 2, 3].map((id) => prisma.user.findUnique({ where: { id } })));
    expect(adapter.steps).toHaveLength(2);
    adapter.steps.length = 0;
    await Promise.all([1, 2, 3].map((id) => prisma.user.findUnique({ where: { id } })));
    expect(adapter.steps).toHaveLength(1);
  });
});

describe('a failure that is not ours to handle', () => {
  it.each<[string, () => Error, string]>([
    ['a constraint', () => numbered(1062), 'P2039'],
    ['a column that is not there', () => numbered(1054), 'P2039'],
    ['a query that somebody killed', () => numbered(1317), 'P2039'],
  ])("%s comes back as Prisma's own error, at once", async (_, error, code) => {
    const { adapter, prisma } = openScripted(statement(error));
    const thrown = await thrownBy(prisma.user.findMany());
    expect(thrown).toBeInstanceOf(Prisma.PrismaClientKnownRequestError);
    expect(thrown).toMatchObject({ code });
    expect(adapter.steps).toHaveLength(1);
  });

  it('is a record that was not found', async () => {
    const { prisma } = openScripted(() => undefined);
    expect(await thrownBy(prisma.user.findUniqueOrThrow({ where: { id: 1 } }))).toMatchObject({ code: 'P2025' });
  });
});

describe('a policy', () => {
  it('without retries gives the first error as it is', async () => {
    const { adapter, prisma } = openScripted(statement(lost), { retries: 0 });
    expect(await thrownBy(prisma.user.findMany())).toMatchObject({
      code: 'ECONNRESET',
      clientVersion: expect.any(String),
    });
    expect(adapter.steps).toHaveLength(1);
  });

  it('that is exhausted says so, with the error of every attempt', async () => {
    const { adapter, prisma } = openScripted(statement(lost, 99), { retries: 3, lossRetries: 3 });
    const error = await thrownBy(prisma.user.findMany());
    expect(error).toBeInstanceOf(RetriesExhaustedError);
    expect((error as RetriesExhaustedError).errors).toHaveLength(4);
    expect(classify(error)).toMatchObject({ outcome: 'unknown', code: 'ECONNRESET' });
    expect(adapter.steps).toHaveLength(4);
  });

  it.each<[string, (prisma: ScriptedClient) => Pick<ScriptedClient, 'user'>]>([
    ['$resilience() on top', (prisma) => prisma.$resilience({ retries: 3 })],
    ['$resilience() twice', (prisma) => prisma.$resilience({ retries: 7 }).$resilience({ retries: 3 })],
    [
      'the extension twice',
      (prisma) => prisma.$extends(resilience({ minTimeout: 0, maxTimeout: 0, retries: 3, lossRetries: 3 })),
    ],
  ])('is not multiplied by another one: %s', async (_, derive) => {
    const { adapter, prisma } = openScripted(statement(lost, 99), { retries: 5, lossRetries: 5 });
    const error = await thrownBy(derive(prisma).user.findMany());
    expect(error).toMatchObject({
      code: 'ERR_GONE_AWAY_RETRIES_EXHAUSTED',
      attempts: 4,
      cause: { code: 'ECONNRESET' },
    });
    expect(adapter.steps).toHaveLength(4);
  });

  it('of single calls can ask for fewer retries than that of the client, down to none', async () => {
    const { adapter, prisma } = openScripted(statement(lost, 99), { retries: 5 });
    expect(await thrownBy(prisma.$resilience({ retries: 0 }).user.findMany())).toMatchObject({ code: 'ECONNRESET' });
    expect(adapter.steps).toHaveLength(1);
  });

  it('of single calls keeps what the policy of the client says otherwise', async () => {
    const retried: number[] = [];
    const { prisma } = openScripted(statement(lost, 2), { onRetry: ({ attempt }) => retried.push(attempt) });
    await prisma.$resilience({ retries: 7 }).user.findMany();
    expect(retried).toEqual([1, 2]);
  });

  it('that takes "idempotent" back for single calls is obeyed', async () => {
    const { adapter, prisma } = openScripted(statement(lost));
    const work = prisma.$resilience({ idempotent: true }).$resilience({ idempotent: false })
      .$executeRaw`UPDATE user SET name = 'x'`;
    expect(await thrownBy(work)).toBeInstanceOf(OutcomeUnknownError);
    expect(adapter.steps).toHaveLength(1);
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, test } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { Prisma } from '../../prisma/generated/client.ts';
import { OutcomeUnknownError, RetriesExhaustedError } from '../../src/index.ts';
import { failureOf, messagesOf } from '../contract/outcome.ts';
import { useBlog } from '../support/prisma/blog.ts';
import { cutAt } from '../support/prisma/cut.ts';
import { createBareClient, createExtendedClient, type ExtendedClient } from '../support/prisma/extended-client.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { unhurried, useStage } from '../support/stage.ts';

const stage = useStage('prisma-extension');
const blog = useBlog(stage);
const fast = { minTimeout: 0, maxTimeout: 0 } as const;

beforeEach(() => blog.reset());

/** Which layer retries what: the pool one statement, the extension what is more than that; and never both the same. */
describe('the extension on PrismaMySQL2', unhurried, () => {
  test.each<[string, (prisma: ExtendedClient) => PromiseLike<unknown>, string]>([
    ['the pool: one statement', (prisma) => prisma.$executeRaw`UPDATE user SET name = 'x'`, 'UPDATE user'],
    ['the pool: updateMany', (prisma) => prisma.user.updateMany({ data: { name: 'x' } }), 'UPDATE `user`'],
    ['an implicit transaction', (prisma) => prisma.user.create({ data: { email: 'x' } }), 'BEGIN'],
    [
      'a batch',
      (prisma) => prisma.$transaction([prisma.tag.deleteMany(), prisma.user.updateMany({ data: { name: 'x' } })]),
      'BEGIN',
    ],
  ])('one layer retries, and as long as the policy says: %s', async (_, run, sent) => {
    const retried: number[] = [];
    const policy = {
      ...fast,
      maxRetryTime: 1_000,
      onRetry: ({ attempt }: { attempt: number }) => retried.push(attempt),
    };
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { policy });
    await prisma.user.count();
    await stage.server.admin('SET GLOBAL read_only = 1');
    const statements = recordStatements(stage.proxy);
    const error = await failureOf(Promise.resolve(run(prisma)));
    await stage.server.admin('SET GLOBAL read_only = 0');
    expect(error).toBeInstanceOf(RetriesExhaustedError);
    expect(error).toMatchObject({ attempts: 2, failure: { kind: 'read-only', errno: 1290 } });
    expect(retried).toEqual([1]);
    // What the server is known to refuse is not sent again.
    expect(statements.count(sent)).toBe(1);
  });

  test('what the extension does not say is for the policy of the pool to say', async () => {
    const bare = createBareClient(stage, 'PrismaMySQL2', { policy: { ...fast, maxRetryTime: 1_000 } });
    const prisma = bare.$extends(resilience());
    await stage.server.admin('SET GLOBAL read_only = 1');
    const fail = async (client: typeof prisma) => failureOf(Promise.resolve(client.$executeRaw`DELETE FROM comment`));
    expect(messagesOf(await fail(prisma)).join()).toContain('`maxRetryTime: 1000`');
    const patientClient = prisma.$resilience({ maxRetryTime: 1_500 });
    expect(messagesOf(await fail(patientClient)).join()).toContain('`maxRetryTime: 1500`');
    expect(await fail(prisma.$resilience({ retries: 0 }))).toBeInstanceOf(Prisma.PrismaClientKnownRequestError);
    await stage.server.admin('SET GLOBAL read_only = 0');
  });

  test('what the pool has decided is not decided again', async () => {
    const [asked, unknowns]: [string[], unknown[]] = [[], []];
    const listener = (event: unknown) => unknowns.push(event);
    subscribe('gone-away:outcome-unknown', listener);
    stage.after(async () => unsubscribe('gone-away:outcome-unknown', listener));
    const shouldRetry = ({ kind }: { kind: string }) => {
      asked.push(kind);
      return false;
    };
    const prisma = createExtendedClient(stage, 'PrismaMySQL2', { connectionLimit: 1, policy: { shouldRetry } });
    await prisma.user.count();
    const lose = () => cutAt(stage.proxy, 1, 'answer');
    for (const cut = lose(); !cut.happened; cut.stop()) {
      expect(await failureOf(Promise.resolve(prisma.user.count()))).toMatchObject({ code: 'P1017' });
    }
    expect(asked).toEqual(['connection-lost']);
    await prisma.$executeRaw`UPDATE user SET name = 'x'`;
    for (const cut = lose(); !cut.happened; cut.stop()) {
      const error = await failureOf(Promise.resolve(prisma.$executeRaw`UPDATE user SET name = 'x'`));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error.cause).not.toBeInstanceOf(OutcomeUnknownError);
    }
    expect(unknowns).toHaveLength(1);
  });

  test('a write in the hook of an extension that was applied later is not sent again for the sake of a read around it', async () => {
    const bare = createBareClient(stage, 'PrismaMySQL2', { connectionLimit: 1, policy: fast });
    const prisma = bare.$extends(resilience(fast)).$extends({
      query: {
        user: {
          findMany: async ({ args, query }) => {
            await bare.$executeRaw`INSERT INTO tag (id, label) VALUES (UUID(), UUID())`;
            return query(args);
          },
        },
      },
    });
    await prisma.user.findMany();
    const before = await blog.sql('SELECT id FROM tag');
    const cut = cutAt(stage.proxy, 1, 'answer');
    expect(await failureOf(Promise.resolve(prisma.user.findMany()))).toBeInstanceOf(OutcomeUnknownError);
    cut.stop();
    expect(cut.packet).not.toContain('SELECT');
    expect(await blog.sql('SELECT id FROM tag')).toHaveLength((before as unknown[]).length + 1);
  });
});

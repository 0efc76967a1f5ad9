import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { isGoneAwayError, type OutcomeUnknownEvent, type ResilienceOptions } from '../../src/index.ts';
import type { Binding, CreateBinding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createForeignBinding, createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { createExtendedClient } from '../support/prisma/extended-client.ts';
import { unhurried, useStage } from '../support/stage.ts';

const onThePool: readonly (readonly [string, CreateBinding])[] = [
  ['mysql2, query()', createPromiseBinding],
  ['mysql2, execute()', createCallbackBinding],
  ['Drizzle', createDrizzleBinding],
  ['Prisma with PrismaMySQL2 and the extension', createPrismaBinding],
];
const foreign = ['the extension on @prisma/adapter-mariadb', createForeignBinding] as const;

describe('a read that is lost in flight', unhurried, () => {
  const stage = useStage('unsafe-reads');

  beforeEach(async () => {
    await stage.server.admin('INSERT INTO stage_rows (id) VALUES (7)');
    // As somebody may have it, who has come from another server: it is called where nothing else has its name.
    for (const name of ['price_of', 'any_value', 'nvl', 'md5']) {
      const parameters = name === 'nvl' ? 'n INT, other INT' : 'n INT';
      await stage.server.admin(`DROP FUNCTION IF EXISTS app.${name}`);
      await stage.server.admin(
        `CREATE FUNCTION app.${name}(${parameters}) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO app.stage_keyed (id) VALUES (n) ON DUPLICATE KEY UPDATE writes = writes + 1; RETURN n * 2; END`,
      );
    }
    stage.after(async () => {
      for (const name of ['price_of', 'any_value', 'nvl', 'md5']) {
        await stage.server.admin(`DROP FUNCTION IF EXISTS app.${name}`);
      }
    });
  });

  const open = (create: CreateBinding, policy?: ResilienceOptions): Binding =>
    stage.closing(create({ connection: stage.direct(), ...(policy && { policy }) }));

  /** The answer to an expression over `stage_rows`, whose connection is killed while it waits for that table. */
  async function lose(binding: Binding, expression: string): Promise<unknown> {
    await binding.read();
    const unlock = await stage.lock();
    const answer = later(binding.select(`(SELECT ${expression} FROM stage_rows)`));
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    return answer;
  }

  const calls = async (): Promise<number> => {
    const [{ sum } = { sum: 0 }] = await stage.server.admin<readonly { sum: unknown }[]>(
      'SELECT COALESCE(SUM(writes), 0) AS sum FROM stage_keyed',
    );
    return Number(sum);
  };

  describe.each([...onThePool, foreign])('%s', (_name, create) => {
    test.each([
      ['DATABASE()', 'MAX(CONCAT(DATABASE(), id))', 'app7'],
      ['a variable of the server', 'MAX(id) + 0 * @@global.max_connections', 7],
      ['a table of the server', 'MAX(id) + 0 * (SELECT COUNT(*) FROM information_schema.tables)', 7],
    ])('is answered by another connection, though it has %s', async (_what, expression, value) => {
      const answer = await lose(open(create), expression);
      expect(typeof value === 'number' ? Number(answer) : answer).toBe(value);
    });

    test('is unknown with a function of the user, and says which, but no value', async () => {
      const events: OutcomeUnknownEvent[] = [];
      const listener = (event: unknown) => void events.push(event as OutcomeUnknownEvent);
      subscribe('gone-away:outcome-unknown', listener);
      stage.after(async () => void unsubscribe('gone-away:outcome-unknown', listener));

      const error = await failureOf(lose(open(create), "MAX(IF('hunter2' = '', 0, price_of(id)))"));
      const unsafe = {
        why: 'it calls price_of(), which is not known to be free of effects (see `safeFunctions`)',
        function: 'price_of',
      };
      expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { outcome: 'unknown', unsafe } });
      expect(error.message).toContain(`It was not sent again, because ${unsafe.why}.`);
      expect(events.map(({ failure }) => failure.unsafe)).toEqual([unsafe]);
      expect(isGoneAwayError(error) && inspect(error.failure)).not.toContain('hunter2');
      expect(await calls()).toBe(0);
    });

    test('is answered with a function of which the user has said that it is harmless', async () => {
      const binding = open(create, { safeFunctions: ['Price_Of', 'app.price_of'] });
      expect(Number(await lose(binding, 'MAX(price_of(id))'))).toBe(14);
      expect(Number(await lose(binding, 'MAX(`app`.price_of(id))'))).toBe(14);
    });

    test('is answered where a single call says that of its function, and not by another one', async () => {
      const binding = open(create);
      const calling = binding.with({ safeFunctions: ['price_of'] });
      expect(Number(await lose(calling, 'MAX(price_of(id))'))).toBe(14);
      expect(await failureOf(lose(binding, 'MAX(price_of(id))'))).toMatchObject({
        failure: { unsafe: { function: 'price_of' } },
      });
      expect(await failureOf(lose(calling, 'MAX(app.price_of(id))'))).toMatchObject({
        failure: { unsafe: { function: 'app.price_of' } },
      });
    });

    test('says nothing of that for a write', async () => {
      const binding = open(create);
      await binding.read();
      const unlock = await stage.lock();
      const failure = failureOf(binding.insert(1));
      for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
      await unlock();
      const error = await failure;
      expect(error).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN', failure: { outcome: 'unknown' } });
      expect(error).not.toHaveProperty('failure.unsafe');
      expect(error.message).toMatch(/It was not sent again\.$/);
    });
  });

  describe.each(onThePool)('%s knows what is built into the server that answers', (_name, create) => {
    /** One of these is a function of each server; of the others, it may be the user's, which writes. */
    const ofBoth = [
      ['mysql', 'any_value(MAX(id))'],
      ['mariadb', 'MAX(nvl(id, 0))'],
    ] as const;

    test('and asks again where it is', async ({ skip }) => {
      const expression = ofBoth.find(([kind]) => kind === stage.server.kind)?.[1];
      skip(expression === undefined, 'nobody has asked this server');
      expect(Number(await lose(open(create), String(expression)))).toBe(7);
      expect(await calls()).toBe(0);
    });

    test('and says that nobody can know where the user has one of that name', async () => {
      const expression = String(ofBoth.find(([kind]) => kind !== stage.server.kind)?.[1]);
      const name = /any_value|nvl/.exec(expression)?.[0];
      const binding = open(create);
      expect(await failureOf(lose(binding, expression))).toMatchObject({
        code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN',
        failure: { unsafe: { function: name } },
      });
      // It is the user's that the server calls, and it writes.
      expect(Number(await binding.select(`(SELECT ${expression} FROM stage_rows)`))).toBe(14);
      expect(await calls()).toBe(1);
    });
  });

  test('an adapter that does not tell its server gets no leave for what only some have', async () => {
    const expression = stage.server.kind === 'mysql' ? 'any_value(MAX(id))' : 'MAX(nvl(id, 0))';
    expect(await failureOf(lose(open(createForeignBinding), expression))).toMatchObject({
      failure: { unsafe: { why: expect.stringContaining('not known to be free of effects') } },
    });
  });

  test('of a batch that only reads, the first that is not safe is named', async () => {
    const client = createExtendedClient(stage, '@prisma/adapter-mariadb', { connection: stage.direct() });
    await client.$queryRaw`SELECT 1`;
    const lost = async (sql: string): Promise<Error> => {
      const unlock = await stage.lock();
      const failure = failureOf(client.$transaction([client.$queryRaw`SELECT 1`, client.$queryRawUnsafe(sql)]));
      for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
      await unlock();
      return failure;
    };
    expect(await lost('SELECT price_of(id) FROM stage_rows')).toMatchObject({
      code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN',
      failure: { unsafe: { function: 'price_of' } },
    });
    expect(await lost('UPDATE stage_rows SET id = price_of(id)')).not.toHaveProperty('failure.unsafe');
  });

  test('a locking read says so where nobody knows that it runs alone', async () => {
    const binding = open(createForeignBinding);
    const unlock = await stage.lock();
    const failure = failureOf(binding.readForUpdate());
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    expect(await failure).toMatchObject({ failure: { unsafe: { why: 'it has FOR UPDATE in it' } } });
  });
});

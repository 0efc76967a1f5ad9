import { afterEach, describe, expect, it, vi } from 'vitest';
import { resilience } from '../../adapters/prisma/index.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';
import type { CallOptions, ResilienceOptions } from '../../src/index.ts';
import { failing, lost, ScriptedAdapter } from '../support/prisma/scripted-adapter.ts';

type Hook = (params: object) => Promise<unknown>;

/** The query hook as Prisma gets it. */
function hookOf(policy: ResilienceOptions = { minTimeout: 0, maxTimeout: 0 }): Hook {
  const extended: { query: { $allOperations: Hook } }[] = [];
  const client = { $transaction: async () => {}, $extends: (extension: never) => extended.push(extension) };
  resilience(policy)(client);
  const [extension] = extended;
  if (extension === undefined) throw new Error('nothing was given to $extends');
  return extension.query.$allOperations;
}

describe('what the extension is not for', () => {
  it.each<[unknown, RegExp]>([
    [undefined, /got undefined/],
    [null, /got null/],
    ['mysql://localhost/app', /got a string/],
    [{}, /got an object of class Object/],
    [new Map(), /got an object of class Map/],
  ])('is no client of Prisma: %s', (client, message) => {
    expect(() => resilience()(client as object)).toThrow(TypeError);
    expect(() => resilience()(client as object)).toThrow(message);
  });

  it.each(['postgresql', 'sqlite', 'sqlserver', 'mongodb', 'cockroachdb'])('is a client on %s', (provider) => {
    const client = { $transaction: () => {}, $extends: () => {}, _activeProvider: provider };
    expect(() => resilience()(client)).toThrow(
      `Expected a client of Prisma on MySQL or MariaDB, got one on ${provider}`,
    );
  });

  it.each<[object, RegExp]>([
    [{ retries: -1 }, /retries/],
    [{ retires: 1 }, /retires/],
    [{ minTimeout: 3_000 }, /maxTimeout/],
    [{ signal: {} }, /signal/],
    [{ liveness: {} }, /`liveness`: it belongs to the pool/],
    [{ ledgerTable: 'a' }, /`ledgerTable`: it belongs to the pool/],
    [{ onEvict: () => {} }, /`onEvict`: it belongs to the pool/],
    [{ idempotent: true }, /`idempotent`: it is for single calls/],
  ])('is a policy that is wrong: %o', (policy, message) => {
    expect(() => resilience(policy)).toThrow(TypeError);
    expect(() => resilience(policy)).toThrow(message);
  });

  it.each([{ liveness: {} }, { budget: false }, { retries: 1.5 }])(
    'is an option for single calls that belongs elsewhere: %o',
    (options) => {
      const prisma = new PrismaClient({ adapter: new ScriptedAdapter() }).$extends(resilience());
      expect(() => prisma.$resilience(options as CallOptions)).toThrow(TypeError);
    },
  );
});

describe('a version of Prisma that hides what an operation runs in', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each<[string, object]>([
    ['nothing is told', {}],
    ['something else is told', { __internalParams: { kind: 'itx' } }],
  ])('gets no retry, and one warning for the life of the process: %s', async (_, told) => {
    vi.resetModules();
    const fresh = await import('../../adapters/prisma/index.ts');
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const extended: { query: { $allOperations: Hook } }[] = [];
    fresh.resilience()({
      $transaction: async () => {},
      $extends: (extension: never) => extended.push(extension),
    } as object);
    const error = lost();
    const query = vi.fn(() => Promise.reject(error));
    for (let call = 1; call <= 3; call += 1) {
      const work = extended[0]?.query.$allOperations({
        model: 'User',
        operation: 'findMany',
        args: {},
        query,
        ...told,
      });
      await expect(work).rejects.toBe(error);
      expect(query).toHaveBeenCalledTimes(call);
    }
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('retries nothing'), { code: 'GONE_AWAY_PRISMA' });
  });

  it.each([{ kind: 'itx' }, { kind: 'something new' }, null, 'batch'])(
    'is not taken for one with no transaction: %o',
    async (transaction) => {
      const error = lost();
      const query = vi.fn(() => Promise.reject(error));
      const work = hookOf()({
        model: 'User',
        operation: 'findMany',
        args: {},
        query,
        __internalParams: { transaction },
      });
      await expect(work).rejects.toBe(error);
      expect(query).toHaveBeenCalledOnce();
    },
  );

  it('makes a write of every operation that is not known', async () => {
    const query = vi.fn(() => Promise.reject(lost()));
    for (const operation of ['findEverything', '$runCommandRaw']) {
      const params = { operation, args: { x: 1 }, query, __internalParams: { transaction: undefined } };
      await expect(hookOf()(params)).rejects.toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    }
    expect(query).toHaveBeenCalledTimes(2);
  });
});

describe('the order of extensions', () => {
  const counting = (seen: string[], name: string) => ({
    query: {
      $allOperations: ({
        operation,
        args,
        query,
      }: {
        operation: string;
        args: unknown;
        query: (args: never) => Promise<unknown>;
      }) => {
        seen.push(`${name} ${operation}`);
        return query(args as never);
      },
    },
  });

  it('lets what was applied before it see an operation once, and what was applied after it see every attempt', async () => {
    const adapter = new ScriptedAdapter();
    adapter.script = failing('SELECT', lost, 2);
    const seen: string[] = [];
    const prisma = new PrismaClient({ adapter })
      .$extends(counting(seen, 'before'))
      .$extends(resilience({ minTimeout: 0, maxTimeout: 0 }))
      .$extends(counting(seen, 'after'));
    await prisma.user.findMany();
    expect(seen).toEqual(['before findMany', 'after findMany', 'after findMany', 'after findMany']);
    seen.length = 0;
    adapter.script = failing('SELECT', lost, 2);
    await prisma.$resilience({ retries: 4 }).user.findMany();
    // Options for a call are applied last, so what they retry is the query itself.
    expect(seen).toEqual(['before findMany', 'after findMany']);
    expect(adapter.count('SELECT')).toBe(6);
  });

  it('keeps the hooks of what was applied after it inside transactions of both kinds', async () => {
    const seen: string[] = [];
    const prisma = new PrismaClient({ adapter: new ScriptedAdapter() })
      .$extends(resilience())
      .$extends(counting(seen, 'after'))
      .$extends({ client: { $shout: () => 'hey' }, model: { user: { everybody: () => 'all' } } });
    await prisma.$transaction(async (tx) => {
      expect([tx.$shout(), tx.user.everybody()]).toEqual(['hey', 'all']);
      await tx.user.deleteMany();
      await tx.$transaction(async (nested) => nested.user.updateMany({ data: { name: 'x' } }));
    });
    await prisma.$transaction([prisma.user.findMany(), prisma.tag.deleteMany()]);
    const derived = prisma.$resilience({ retries: 1 });
    expect([derived.$shout(), derived.user.everybody()]).toEqual(['hey', 'all']);
    await derived.$transaction(async (tx) => tx.$executeRaw`UPDATE a SET b = 1`);
    expect(seen).toEqual([
      'after deleteMany',
      'after updateMany',
      'after findMany',
      'after deleteMany',
      'after $executeRaw',
    ]);
  });

  it('lets another extension override $transaction, before it and after it', async () => {
    const seen: string[] = [];
    const adapter = new ScriptedAdapter();
    const base = new PrismaClient({ adapter });
    const overriding = base.$extends({
      client: {
        $transaction: (input: never) => {
          seen.push('before');
          return base.$transaction(input);
        },
      },
    });
    const prisma = overriding.$extends(resilience({ minTimeout: 0, maxTimeout: 0 }));
    adapter.script = failing('BEGIN', lost);
    await (prisma as unknown as typeof base).$transaction(async (tx) => tx.user.deleteMany());
    expect(seen).toEqual(['before', 'before']);
    expect(adapter.steps.at(-1)).toBe('COMMIT');
  });
});

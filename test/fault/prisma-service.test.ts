import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBlog } from '../support/prisma/blog.ts';
import { countUsers, openClient, rename } from '../support/prisma/recipes/given-client.ts';
import { PrismaService } from '../support/prisma/recipes/prisma-service.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const stage = useStage('prisma-service');
const blog = useBlog(stage);

beforeEach(() => blog.reset());

function url(): string {
  const { host, port, user, password, database } = stage.proxied();
  return `mysql://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}`;
}

function serve(): PrismaService {
  const service = new PrismaService(url());
  stage.after(() => service.$disconnect().catch(() => {}));
  return service;
}

function open(): ReturnType<typeof openClient> {
  const client = openClient(url());
  stage.after(() => client.$disconnect().catch(() => {}));
  return client;
}

async function loseConnections(): Promise<void> {
  stage.proxy.resetAll();
  await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
}

/** Takes the next count's connection away, after the server may have got it. */
function loseNextCount(): void {
  const stop = stage.proxy.onClientData((chunk) => {
    if (!/count/i.test(chunk.toString('latin1'))) return 'forward';
    stop();
    stage.proxy.resetAll();
    return 'swallow';
  });
}

const ways = [
  ['a service whose constructor gives back the extended client', serve],
  ['an extended client under the type of the class', open],
] as const;

describe.each(ways)('%s', unhurried, (_, make) => {
  test('answers a read whose connection is lost, in a function that knows only of PrismaClient', async () => {
    const client = make();
    const expected = await countUsers(client);
    loseNextCount();
    expect(await countUsers(client)).toBe(expected);
  });

  test('runs a transaction again that a function does its work in', async () => {
    const client = make();
    const attempts: number[] = [];
    await client.$transaction(
      async (tx, { attempt }) => {
        attempts.push(attempt);
        await rename(tx, 1, `attempt ${attempt}`);
        if (attempt === 1) await loseConnections();
      },
      { rerun: true },
    );
    expect(attempts).toEqual([1, 2]);
    expect(await client.user.findUnique({ where: { id: 1 } })).toMatchObject({ name: 'attempt 2' });
  });
});

describe('a service whose constructor gives back the extended client', unhurried, () => {
  test('has its own fields and methods, also with options for single calls', () => {
    const service = serve();
    expect(service.greet('Ada')).toBe('Hello, Ada');
    expect(service.$resilience({ retries: 1 }).greet('Ada')).toBe('Hello, Ada');
  });

  test('answers a read of a method of its own whose connection is lost', async () => {
    const service = serve();
    const expected = await service.countUsersHere();
    loseNextCount();
    expect(await service.countUsersHere()).toBe(expected);
  });

  test('bears with a server that is away when its module is initialized', async () => {
    const wentDown = new Promise<void>((resolve) => {
      const listener = () => resolve();
      subscribe('gone-away:server-down', listener);
      stage.after(async () => unsubscribe('gone-away:server-down', listener));
    });
    stage.proxy.set('refuse');
    const service = serve();
    const ready = service.onModuleInit();
    await wentDown;
    stage.proxy.set('pass');
    await ready;
    expect(await countUsers(service)).toBe(2);
  });

  test('closes its connections when its module is destroyed', async () => {
    const service = serve();
    await countUsers(service);
    expect(stage.proxy.connections()).toBeGreaterThan(0);
    await service.onModuleDestroy();
    await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
  });
});

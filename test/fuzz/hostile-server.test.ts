import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fuzzRun } from '../support/fuzz/fuzz-run.ts';
import {
  type Client,
  type ClientName,
  clientNames,
  createClient,
  poolCounts,
} from '../support/fuzz/hostile/clients.ts';
import { liesAboutRows, mangled, misbehaviours } from '../support/fuzz/hostile/misbehaviours.ts';
import { HostileServer, honestRows, type Misbehaviour, type Stage, stages } from '../support/fuzz/hostile-server.ts';

/** Short, for most of what is tested here ends by a limit. No `attemptTimeout`: what never answers is found out by the watch. */
const policy = {
  ...{ retries: 2, minTimeout: 1, maxTimeout: 5, maxRetryTime: 1_000, acquireTimeout: 800 },
  ...{ watch: { after: 60, timeout: 120 }, liveness: { pingTimeout: 60 } },
};

/** Far beyond the sum of all limits: a call that has not ended by then never ends. On a busy machine, too. */
const hung = 60_000;

const silent = Symbol('no end');
const failed = Symbol('an error');

/** mysql2 prints warnings and traces of its own. */
beforeAll(() => {
  for (const method of ['error', 'warn', 'trace'] as const) vi.spyOn(console, method).mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
beforeAll(() => {
  process.on('uncaughtExceptionMonitor', note);
});
afterAll(() => {
  process.off('uncaughtExceptionMonitor', note);
});
afterEach(() => expect(uncaught).toEqual([]));

interface Work {
  readonly does: 'read' | 'write';
  run(client: Client): Promise<unknown>;
}

const read: Work = { does: 'read', run: (client) => client.read() };
const readPrepared: Work = { does: 'read', run: (client) => client.readPrepared() };
const write: Work = { does: 'write', run: (client) => client.write(1) };
const transaction: Work = { does: 'write', run: (client) => client.transaction(1) };

/** What meets a server at each stage. */
const works: { readonly [S in Stage]: readonly Work[] } = {
  greeting: [read, write],
  auth: [read, write],
  query: [read, write],
  prepare: [readPrepared],
  execute: [readPrepared, write],
  begin: [transaction],
  commit: [transaction],
  ping: [read],
};

/** Prisma last: a client of it costs as much as all others together. */
const rota: readonly ClientName[] = [...clientNames.slice(0, -1), ...clientNames.slice(0, -1), 'Prisma'];

interface Case {
  readonly name: ClientName;
  readonly stage: Stage;
  readonly act: Misbehaviour;
  /** What it says may be a result like any other, only another one. */
  readonly mayLie: boolean;
}

/** The first thing that was not as it should be; undefined if all was. */
async function violation({ name, stage, act, mayLie }: Case): Promise<string | undefined> {
  const server = await HostileServer.start();
  const { host, port } = server;
  const options = { host, port, user: 'u', password: 'p', database: 'd', connectTimeout: 400, connectionLimit: 2 };
  const client = createClient(name, options, policy);
  try {
    for (const work of works[stage]) {
      await prepare(client, server, stage);
      server.misbehave(stage, act);
      const answer = await Promise.race([work.run(client).catch(() => failed), delay(hung, silent, { ref: false })]);
      server.heal();
      if (answer === silent) return 'the call never ended';
      if (work.does === 'read' && answer !== failed && !(mayLie ? Array.isArray(answer) : isRight(answer))) {
        return `a wrong answer: ${inspect(answer)}`;
      }
      if (!(await untilRight(client))) return 'the pool does not work any more';
    }
    return await leak(client, server);
  } finally {
    await server.close();
  }
}

/** A pool that is warm, where its connecting is not the matter; for a ping, one of whose connections has died. */
async function prepare(client: Client, server: HostileServer, stage: Stage): Promise<void> {
  if (stage === 'greeting' || stage === 'auth') return;
  await untilRight(client);
  if (stage !== 'ping') return;
  while (poolCounts(client.pool).all < 2) await Promise.allSettled([client.read(), client.read()]);
  server.drop();
  await eventually(() => poolCounts(client.pool).all < 2);
}

function isRight(answer: unknown): boolean {
  return JSON.stringify(answer) === JSON.stringify(honestRows);
}

async function eventually(holds: () => boolean): Promise<boolean> {
  for (const until = performance.now() + hung; !holds(); ) {
    if (performance.now() > until) return false;
    await delay(5);
  }
  return true;
}

/** Whether the pool answers rightly again, with a server that is well. */
async function untilRight(client: Client): Promise<boolean> {
  for (const until = performance.now() + hung; performance.now() < until; ) {
    const answer = await client.read().catch(() => failed);
    if (answer !== failed) return isRight(answer);
  }
  return false;
}

/** All connections are idle in the pool; and when that is ended, nothing is left open at the server. */
async function leak(client: Client, server: HostileServer): Promise<string | undefined> {
  const counts = () => poolCounts(client.pool);
  if (!(await eventually(() => counts().all === counts().idle))) return `never given back: ${inspect(counts())}`;
  await client.end();
  return (await eventually(() => server.connections() === 0)) ? undefined : `left open: ${server.connections()}`;
}

/** What fails of these, each by its name; so many at once, for most of them only wait. */
async function violations(cases: Iterable<readonly [name: string, one: Case]>): Promise<readonly string[]> {
  const found: string[] = [];
  const queue = cases[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const [name, one] = next.value;
      const wrong = await violation(one).catch((error: unknown) => `the test failed: ${error}`);
      if (wrong !== undefined) found.push(`${name}: ${wrong}`);
    }
  };
  await Promise.all(Array.from({ length: 5 }, worker));
  return found;
}

describe('a call ends with an error or a right answer, and the pool is as good as new', () => {
  it.concurrent.each(stages)('whatever a server says at this stage: %s', { timeout: 300_000 }, async (stage) => {
    const cases = Object.entries(misbehaviours).map(([what, act], index) => {
      const name = rota[(index + stages.indexOf(stage)) % rota.length] ?? 'Prisma';
      return [`${what}, ${name}`, { name, stage, act, mayLie: liesAboutRows.has(what) }] as const;
    });
    expect(await violations(cases)).toEqual([]);
  });

  it('whatever becomes of the bytes of its answers', { timeout: 120_000 }, async () => {
    const one = fc.record({
      name: fc.constantFrom(...clientNames),
      stage: fc.constantFrom(...stages),
      act: mangled,
      mayLie: fc.constant(true),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 20, maxLength: 20 }), async (cases) => {
        const named = cases.map((each) => [`${each.name}, ${each.stage}, ${fc.stringify(each.act)}`, each] as const);
        expect(await violations(named)).toEqual([]);
      }),
      { ...fuzzRun(5), endOnFailure: true },
    );
  });
});

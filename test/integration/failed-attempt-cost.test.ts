import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withResilience } from '../../adapters/drizzle/index.ts';
import { classify } from '../../src/classify.ts';
import { judgeRead } from '../../src/sql/safe-read.ts';
import { tokenizeBriefly } from '../../src/sql/sql-lexer.ts';
import { readStatementKind } from '../../src/sql/statement-kind.ts';
import type { CreateBinding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

vi.mock('../../src/classify.ts', { spy: true });
vi.mock('../../src/sql/safe-read.ts', { spy: true });
vi.mock('../../src/sql/sql-lexer.ts', { spy: true });
vi.mock('../../src/sql/statement-kind.ts', { spy: true });

/** How often each was called: what they do with a long statement keeps this process from everything else. */
const readings = () => ({
  classified: vi.mocked(classify).mock.calls.length,
  judged: vi.mocked(judgeRead).mock.calls.length,
  lexed: vi.mocked(tokenizeBriefly).mock.calls.length,
  kinds: vi.mocked(readStatementKind).mock.calls.length,
});
const none = { classified: 0, judged: 0, lexed: 0, kinds: 0 };

const bindings: readonly [string, CreateBinding][] = [
  ['mysql2, query()', createPromiseBinding],
  ['mysql2, execute()', createCallbackBinding],
  ['Drizzle', createDrizzleBinding],
  ['Prisma with PrismaMySQL2 and the extension', createPrismaBinding],
];

describe('the SQL of a failed attempt is read once, and its error classified once', unhurried, () => {
  const stage = useStage('failed-attempt-cost');
  beforeEach(() => {
    vi.clearAllMocks();
  });

  const breakOff = async () => {
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
  };

  test.each(bindings)('%s: a read that is lost, and lost again', async (_, create) => {
    await stage.server.admin('INSERT INTO app.stage_rows (id) VALUES (7)');
    const binding = stage.closing(create({ connection: stage.proxied() }));
    const unlock = await stage.lock();
    const answer = binding.read();
    await breakOff();
    await breakOff();
    await unlock();
    expect(await answer).toEqual([7]);
    expect(readings()).toEqual({ classified: 2, judged: 2, lexed: 2, kinds: 2 });
  });

  test('Drizzle: an iterator that is lost before its first row', async () => {
    await stage.server.admin('INSERT INTO app.stage_rows (id) VALUES (7)');
    const table = mysqlTable('stage_rows', { id: int().notNull() });
    const db = withResilience(drizzle(stage.closing(createPool(stage.proxied()))));
    const unlock = await stage.lock();
    const rows = db.select().from(table).prepare().iterator();
    const first = later(rows.next());
    await stage.inFlight(1);
    stage.proxy.resetAll();
    await unlock();
    expect(await first).toEqual({ done: false, value: { id: 7 } });
    await rows.return(undefined);
    expect(readings()).toEqual({ classified: 1, judged: 1, lexed: 1, kinds: 1 });
  });

  test.each(bindings)('%s: of a write that is lost, its first word is enough', async (_, create) => {
    const binding = stage.closing(create({ connection: stage.proxied() }));
    const unlock = await stage.lock();
    const failure = failureOf(binding.insert(1));
    await breakOff();
    expect(await failure).toMatchObject({ code: 'ERR_GONE_AWAY_OUTCOME_UNKNOWN' });
    await unlock();
    expect(readings()).toMatchObject({ judged: 1, lexed: 0, kinds: 1 });
  });

  test.each(bindings)('%s: of what succeeds, nothing is read', async (_, create) => {
    const binding = stage.closing(create({ connection: stage.proxied() }));
    await binding.insert(7);
    expect(await binding.read()).toEqual([7]);
    expect(await binding.transaction((tx) => tx.read())).toEqual([7]);
    expect(readings()).toEqual(none);
  });
});

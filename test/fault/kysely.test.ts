import { type Generated, Kysely, MysqlDialect } from 'kysely';
import { createPool } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { classify } from '../../src/index.ts';
import { failureOf, killAll, later } from '../contract/outcome.ts';
import { breakCommit } from '../support/ledger/stage-ledger.ts';
import { unhurried, useStage } from '../support/stage.ts';

interface Database {
  stage_rows: { seq: Generated<number>; id: number };
}

const many = 5_000;

/** Kysely takes a connection out of the pool for each call and sends its statements on that: what is lost there is an error, and is not sent again. */
describe('Kysely on a callback pool', unhurried, () => {
  const stage = useStage('kysely');

  function open(): Kysely<Database> {
    const pool = withResilience(createPool({ ...stage.proxied(), connectionLimit: 2 }));
    const db = new Kysely<Database>({ dialect: new MysqlDialect({ pool }) });
    stage.after(() => db.destroy().catch(() => {}));
    return db;
  }

  const fill = async (count: number) => {
    const values = Array.from({ length: count }, (_, id) => `(${id})`).join();
    await stage.server.admin(`INSERT INTO stage_rows (id) VALUES ${values}`);
  };
  const select = (db: Kysely<Database>) => db.selectFrom('stage_rows').select('id').orderBy('seq');

  async function readStream(db: Kysely<Database>): Promise<readonly unknown[]> {
    const rows: unknown[] = [];
    for await (const row of select(db).stream()) rows.push(row);
    return rows;
  }

  test('reads, writes, runs transactions and streams as on a bare pool', async () => {
    const db = open();
    expect(await db.insertInto('stage_rows').values({ id: 1 }).executeTakeFirst()).toMatchObject({ insertId: 1n });
    await db.transaction().execute((tx) => tx.insertInto('stage_rows').values({ id: 2 }).execute());
    const undone = db.transaction().execute(async (tx) => {
      await tx.insertInto('stage_rows').values({ id: 3 }).execute();
      throw new Error('mine');
    });
    await expect(undone).rejects.toThrow('mine');
    expect(await select(db).execute()).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await readStream(db)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('says of a transaction whose COMMIT got no answer that nobody can know, though its ROLLBACK failed after that', async () => {
    const db = open();
    const broken = breakCommit(stage, 'executed');
    const error = await failureOf(
      db.transaction().execute((tx) => tx.insertInto('stage_rows').values({ id: 1 }).execute()),
    );
    await broken;
    expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'unknown' });
    expect(await stage.rows()).toEqual([1]);
  });

  test('goes on with other connections after the server has killed the idle ones', async () => {
    const db = open();
    const kill = () => stage.asRoot(killAll);
    await select(db).execute();
    await kill();
    await db.insertInto('stage_rows').values({ id: 1 }).execute();
    await kill();
    await db.transaction().execute((tx) => tx.insertInto('stage_rows').values({ id: 2 }).execute());
    await kill();
    expect(await readStream(db)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('ends a stream with an error when its connection is killed before the first row', async () => {
    await fill(3);
    const db = open();
    const unlock = await stage.lock();
    const failure = later(failureOf(readStream(db)));
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    expect(classify(await failure)).toMatchObject({ kind: 'connection-lost' });
    expect(await readStream(db)).toHaveLength(3);
  });

  test.each(['rst', 'fin'] as const)(
    'ends a stream with an error when its connection is lost in the middle (%s)',
    async (how) => {
      await fill(many);
      const db = open();
      const cut = stage.proxy.cutAfter('s2c', 20_000, how);
      const error = await failureOf(readStream(db));
      await cut;
      expect(classify(error)).toMatchObject({ kind: 'connection-lost' });
      expect(await readStream(db)).toHaveLength(many);
    },
  );

  test('says of a write whose connection was killed under it that nobody can know', async () => {
    const db = open();
    const unlock = await stage.lock();
    const failure = later(failureOf(db.insertInto('stage_rows').values({ id: 1 }).execute()));
    for (const id of await stage.inFlight(1)) await stage.server.killThread(id);
    await unlock();
    expect(classify(await failure)).toMatchObject({ kind: 'connection-lost', outcome: 'unknown' });
    expect(await stage.rows()).toEqual([]);
  });
});

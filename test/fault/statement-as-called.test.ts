import { once } from 'node:events';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { transaction, withResilience } from '../../adapters/mysql2/index.ts';
import type { RetryEvent } from '../../src/index.ts';
import { unhurried, useStage } from '../support/stage.ts';

type Send = (sql: unknown, values?: unknown) => Promise<unknown>;
type Sender = Readonly<Record<'query' | 'execute', Send>>;
type CallbackSend = (...values: unknown[]) => void;

/** Calls once for each id, and waits for none before it calls the next. */
type Reuse = (send: Send, ids: readonly number[]) => readonly Promise<unknown>[];

const insert = 'INSERT INTO as_called (id, note) VALUES (?, ?)';
const insertRows = 'INSERT INTO as_called (id, note) VALUES ?';

const options: Reuse = (send, ids) => {
  const reused: { sql: string; values?: unknown } = { sql: insert };
  return ids.map((id) => {
    reused.values = [id, null];
    return send(reused);
  });
};

const parameters: Reuse = (send, ids) => {
  const reused = [0, null];
  return ids.map((id) => {
    reused[0] = id;
    return send(insert, reused);
  });
};

const values = Object.entries({
  'a Buffer': () => {
    const bytes = Buffer.alloc(1);
    return { value: bytes, set: (id: number) => bytes.writeUInt8(48 + id), stored: String };
  },
  'a Date': () => {
    const date = new Date(2026, 0, 1);
    return {
      value: date,
      set: (id: number) => date.setDate(id),
      stored: (id: number) => expect.stringMatching(`2026-01-0${id}`),
    };
  },
}).map(([name, make]) => ({ name, make }));

describe('a statement is what it was when it was called', unhurried, () => {
  const stage = useStage('as-called');
  const ids = [1, 2, 3];

  beforeEach(async () => {
    await stage.server.admin('DROP TABLE IF EXISTS as_called');
    await stage.server.admin('CREATE TABLE as_called (id INT, note VARCHAR(40))');
  });

  const open = (more: object = {}) =>
    stage.closing(withResilience(createPool({ ...stage.routed(), connectionLimit: 2 }), more));
  const stored = () =>
    stage.server.admin('SELECT id, note FROM as_called ORDER BY id, note') as Promise<RowDataPacket[]>;
  const storedIds = async () => (await stored()).map(({ id }) => id);

  describe.each(['query', 'execute'] as const)('%s()', (method) => {
    test.each([
      ['options', options],
      ['parameters', parameters],
    ] as const)('on a pool, whose caller uses the same %s again', async (_what, reuse) => {
      const pool = open();
      const send: Send = (sql, given) => (pool as unknown as Sender)[method](sql, given);
      await Promise.all(reuse(send, ids));
      await Promise.all(reuse(send, [4, 5, 6]));
      expect(await storedIds()).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test.each([
      ['options', options],
      ['parameters', parameters],
    ] as const)('on a callback pool, whose caller uses the same %s again', async (_what, reuse) => {
      const pool = open().pool as unknown as Readonly<Record<'query' | 'execute', CallbackSend>>;
      const send: Send = (sql, given) =>
        new Promise((resolve, reject) => {
          const done = (error: unknown) => (error ? reject(error) : resolve(undefined));
          if (given === undefined) pool[method](sql, done);
          else pool[method](sql, given, done);
        });
      await Promise.all(reuse(send, ids));
      expect(await storedIds()).toEqual(ids);
    });

    test.each([
      ['options', options],
      ['parameters', parameters],
    ] as const)('in a transaction, whose callback uses the same %s again', async (_what, reuse) => {
      await transaction(open(), async (tx) => {
        await Promise.all(reuse((sql, given) => (tx as unknown as Sender)[method](sql, given), ids));
      });
      expect(await storedIds()).toEqual(ids);
    });

    test.each(values)('with $name among its parameters, which its caller changes', async ({ make }) => {
      const { value, set, stored: asStored } = make();
      await transaction(open(), async (tx) => {
        await Promise.all(
          ids.map((id) => {
            set(id);
            return (tx as unknown as Sender)[method](insert, [id, value]);
          }),
        );
      });
      expect(await stored()).toEqual(ids.map((id) => ({ id, note: asStored(id) })));
    });

    test('when it is sent once more, whatever its caller has done with the parameters since', async () => {
      const retries: RetryEvent[] = [];
      const pool = open({ onRetry: (event: RetryEvent) => retries.push(event) }) as unknown as Sender;
      await pool[method]('SELECT 1');
      const given = [1, 'mine'];
      // The connection is dead, and only its use shows it.
      stage.router.resetAll();
      const written = pool[method](insert, given);
      given[0] = 2;
      given[1] = "somebody else's";
      await written;
      expect(retries.length).toBeGreaterThan(0);
      expect(await stored()).toEqual([{ id: 1, note: 'mine' }]);
    });
  });

  test('with rows that its caller fills again', async () => {
    const row: unknown[] = [0, null];
    const rows = [row];
    await transaction(open(), async (tx) => {
      await Promise.all(
        ids.map((id) => {
          row[0] = id;
          return tx.query(insertRows, [rows]);
        }),
      );
    });
    expect(await storedIds()).toEqual(ids);
  });

  test('with an object of columns that its caller changes', async () => {
    const columns = { id: 0, note: null };
    await transaction(open(), async (tx) => {
      await Promise.all(
        ids.map((id) => {
          columns.id = id;
          return tx.query('INSERT INTO as_called SET ?', columns);
        }),
      );
    });
    expect(await storedIds()).toEqual(ids);
  });

  test('read from its events', async () => {
    const pool = open().pool;
    const reused: { sql: string; values?: unknown } = { sql: insert };
    await Promise.all(
      ids.map((id) => {
        reused.values = [id, null];
        return once(pool.query(reused as { sql: string }), 'end');
      }),
    );
    expect(await storedIds()).toEqual(ids);
  });
});

import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type DifferenceName, differenceOn, serverDifferences } from '../support/server/server-differences.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

describe('the server at hand does as the table of differences says', unhurried, () => {
  const stage = useStage('differences');

  /** A connection on which a failure between two statements is kept. */
  async function connect(options: ConnectionOptions = stage.direct()) {
    const connection = stage.closing(await createConnection(options));
    const ends: string[] = [];
    connection.on('error', (error: unknown) => ends.push(heard(error)));
    const ask = async (sql: string): Promise<string | number> =>
      connection.query({ sql, rowsAsArray: true }).then(([rows]) => firstOf(rows), heard);
    return { threadId: connection.threadId, ends, ask };
  }

  /** An UPDATE that waits for a row of somebody else's. */
  async function blockedUpdate() {
    const { threadId, ask } = await connect();
    await ask('INSERT INTO stage_keyed (id) VALUES (1)');
    const unlock = await stage.lockKeyed(1);
    const answer = ask('UPDATE stage_keyed SET writes = 2 WHERE id = 1');
    await stage.inFlightBehindRow();
    return { threadId, answer, unlock };
  }

  const measurements: Readonly<Record<DifferenceName, () => Promise<unknown>>> = {
    idleEnd: async () => {
      await stage.server.admin('SET GLOBAL wait_timeout = 1');
      const { ends } = await connect();
      await expect.poll(() => ends, patient).toHaveLength(1);
      return ends[0];
    },

    killedSleep: async () => {
      const { threadId, ask } = await connect();
      const answer = ask('SELECT SLEEP(60)');
      const sleeping = `SELECT id FROM information_schema.processlist WHERE user = '${stage.user}' AND info LIKE 'SELECT SLEEP(60)%'`;
      await expect.poll(() => stage.server.admin(sleeping), patient).toHaveLength(1);
      await stage.server.admin('KILL QUERY ?', [threadId]);
      return answer;
    },

    killedUpdate: async () => {
      const { threadId, answer, unlock } = await blockedUpdate();
      await stage.server.admin('KILL QUERY ?', [threadId]);
      await answer;
      await unlock();
      return answer;
    },

    killedConnection: async () => {
      const { threadId, answer } = await blockedUpdate();
      await stage.server.killThread(threadId);
      return answer;
    },

    shutdownInFlight: async () => {
      const { answer } = await blockedUpdate();
      await stage.server.stop();
      return answer;
    },

    statementLimitSetting: async () => {
      const { ask } = await connect();
      const setting = differenceOn(stage.server, 'statementLimitSetting');
      const [variable, value] = setting.split(' = ');
      await ask(`SET SESSION ${setting}`);
      expect(Number(await ask(`SELECT @@${variable}`))).toBe(Number(value));
      return setting;
    },

    statementLimit: async () => {
      const { ask } = await connect();
      await ask(`SET SESSION ${differenceOn(stage.server, 'statementLimitSetting')}`);
      // Something that takes its time without SLEEP(), which MySQL lets return early instead.
      const many = Array.from({ length: 9 }, (_, n) => `information_schema.collations AS c${n}`).join(', ');
      return ask(
        `SELECT COUNT(*) FROM ${many} WHERE ${Array.from({ length: 9 }, (_, n) => `c${n}.id`).join(' + ')} < 0`,
      );
    },

    lockedNowait: async () => {
      const { ask } = await connect();
      await ask('INSERT INTO stage_keyed (id) VALUES (1)');
      await stage.lockKeyed(1);
      return ask('SELECT id FROM stage_keyed WHERE id = 1 FOR UPDATE NOWAIT');
    },

    staleSnapshot: async () => {
      const [one, other] = [await connect(), await connect()];
      await one.ask('INSERT INTO stage_keyed (id) VALUES (1)');
      await one.ask('BEGIN');
      await one.ask('INSERT INTO stage_keyed (id) VALUES (2)');
      await one.ask('SELECT * FROM stage_keyed');
      await other.ask('UPDATE stage_keyed SET writes = 2 WHERE id = 1');
      const answer = await one.ask('UPDATE stage_keyed SET writes = writes + 1 WHERE id = 1');
      await one.ask('COMMIT');
      const written = 'SELECT id, writes FROM stage_keyed ORDER BY id';
      const rolledBack = answer === 'ERR 1020';
      // What the library says of 1020: all that its transaction had done is gone, also what came before.
      expect(await stage.server.admin(written)).toEqual(
        rolledBack
          ? [{ id: 1, writes: 2 }]
          : [
              { id: 1, writes: 3 },
              { id: 2, writes: 1 },
            ],
      );
      return rolledBack ? answer : 'the row as it is now';
    },

    returning: async () => {
      const { ask } = await connect();
      return known(await ask('INSERT INTO stage_keyed (id) VALUES (1) RETURNING id'));
    },

    preparedBegin: async () => {
      const connection = stage.closing(await createConnection(stage.direct()));
      return connection.execute('START TRANSACTION').then(() => 'done', heard);
    },

    lateral: async () => {
      const { ask } = await connect();
      return known(await ask('SELECT 1 FROM (SELECT 1 AS a) AS t JOIN LATERAL (SELECT t.a AS b) AS l ON TRUE'));
    },
  };

  test.each(Object.entries(measurements))('%s', async (name, measure) => {
    expect(await measure(), serverDifferences[name as DifferenceName].what).toBe(
      differenceOn(stage.server, name as DifferenceName),
    );
  });
});

/** An ERR packet of the server's own, or the end of a connection that says nothing. */
function heard(error: unknown): string {
  const { errno, code } = error as { errno?: number; code?: unknown };
  // A 4031 that comes unasked has only a code, which then is a number.
  const number = typeof code === 'number' ? code : errno;
  return number !== undefined && number > 0 ? `ERR ${number}` : 'its bare end';
}

function firstOf(rows: unknown): string | number {
  return Array.isArray(rows) ? (rows[0]?.[0] ?? 'nothing') : 'done';
}

function known(answer: string | number): string {
  return answer === 'ERR 1064' ? 'none' : answer === 1 ? 'known' : String(answer);
}

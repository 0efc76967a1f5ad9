import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findMariadb } from '../support/cluster/find-mariadb.ts';
import { type ReplicationPair, startReplicationPair } from '../support/cluster/replication.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { findServerBinary } from '../support/server/find-server-binary.ts';
import type { Server } from '../support/server/server.ts';
import { unhurried } from '../support/stage.ts';

const kinds = [
  { kind: 'MariaDB', find: findMariadb },
  { kind: 'MySQL', find: () => findServerBinary('mysql-9') },
] as const;
const found = await Promise.all(
  kinds.map(async (row) => {
    const missing = await whyNot(row.find);
    return { ...row, missing, title: titleOf(row.kind, missing) };
  }),
);

for (const { title, missing, find } of found)
  describe(`a primary and its replica of ${title}`, {
    ...unhurried,
    skip: missing !== undefined,
  }, () => {
    let pair: ReplicationPair;

    const insert = (node: Server, id: number) => node.admin('INSERT INTO app.t (id) VALUES (?)', [id]);
    const ids = async (node: Server) =>
      (await node.admin<readonly { id: number }[]>('SELECT id FROM app.t ORDER BY id')).map(({ id }) => id);
    const readOnly = async (node: Server) =>
      (await node.admin<readonly { value: number }[]>('SELECT @@read_only AS value'))[0]?.value;

    beforeAll(async () => {
      pair = await startReplicationPair({ name: 'pair-test', binary: await find() });
      await pair.primary.admin('CREATE TABLE app.t (id INT PRIMARY KEY)');
    }, 240_000);
    afterEach(() => pair.primary.admin('DELETE FROM app.t'));
    afterAll(() => pair?.destroy());

    test('have the same rows, and only the primary may be written to', async () => {
      await insert(pair.primary, 1);
      await pair.caughtUp();
      expect(await ids(pair.replica)).toEqual([1]);
      expect(await readOnly(pair.primary)).toBe(0);
      expect(await readOnly(pair.replica)).toBe(1);
    });

    test('change their roles and lose nothing', async () => {
      const { primary, replica } = pair;
      await insert(primary, 1);
      await pair.switchover(async () => {
        expect([await readOnly(primary), await readOnly(replica)]).toEqual([1, 1]);
      });
      expect(pair.primary).toBe(replica);
      expect(pair.replica).toBe(primary);
      await insert(pair.primary, 2);
      await pair.caughtUp();
      expect(await ids(primary)).toEqual([1, 2]);
      expect([await readOnly(primary), await readOnly(replica)]).toEqual([1, 0]);
    });

    test('lose the tail that was not sent when the primary is killed, and nothing before it', async () => {
      const { primary, replica } = pair;
      await insert(primary, 1);
      await pair.caughtUp();
      await pair.pause();
      await insert(primary, 2);
      await pair.failover();
      expect(primary.running).toBe(false);
      expect(pair.primary).toBe(replica);
      expect(await readOnly(replica)).toBe(0);
      expect(await ids(replica)).toEqual([1]);
      await insert(replica, 3);
      await pair.rejoin();
      expect(await ids(primary)).toEqual([1, 3]);
      expect(await readOnly(primary)).toBe(1);
      await pair.failover();
      await pair.rejoin();
      expect(await ids(replica)).toEqual([1, 3]);
      await insert(primary, 4);
      await pair.caughtUp();
      expect(await ids(replica)).toEqual([1, 3, 4]);
    });
  });

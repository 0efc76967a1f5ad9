import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Galera, startGalera } from '../support/cluster/galera.ts';
import { findGalera } from '../support/cluster/galera-programs.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import type { Server } from '../support/server/server.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(findGalera);
const title = titleOf('three nodes of Galera', missing);

describe(title, { ...unhurried, skip: missing !== undefined }, () => {
  let cluster: Galera;

  const insert = (node: Server, id: number) => node.admin('INSERT INTO app.t (id) VALUES (?)', [id]);
  const ids = async (node: Server) =>
    (await node.admin<readonly { id: number }[]>('SELECT id FROM app.t ORDER BY id')).map(({ id }) => id);

  beforeAll(async () => {
    cluster = await startGalera('galera-test');
    await cluster.synced();
    await cluster.node(0).server.admin('CREATE TABLE app.t (id INT PRIMARY KEY)');
  }, 240_000);
  beforeEach(() => cluster.node(0).server.admin('DELETE FROM app.t'));
  afterAll(() => cluster?.destroy());

  test('have the same rows, whichever of them is written to', async () => {
    await insert(cluster.node(1).server, 1);
    await insert(cluster.node(2).server, 2);
    for (const { server } of cluster.nodes) await expect.poll(() => ids(server), patient).toEqual([1, 2]);
  });

  test('go on without one that was killed, which comes back for what it has missed, or for everything', async () => {
    const { server } = cluster.node(2);
    // A copy of the whole takes away what the others have not.
    const own = join(server.datadir, 'app', 'own.txt');
    await writeFile(own, '');
    await server.kill9();
    await insert(cluster.node(1).server, 1);
    await cluster.node(2).rejoin();
    expect(await ids(server)).toEqual([1]);
    expect(existsSync(own)).toBe(true);
    await server.kill9();
    await insert(cluster.node(1).server, 2);
    await cluster.node(2).rejoin('copy');
    expect(await ids(server)).toEqual([1, 2]);
  });

  test('go on without one that is cut off, which answers 1047 until it has caught up', async () => {
    const { server } = cluster.node(2);
    await cluster.node(2).isolate();
    await expect(insert(server, 1)).rejects.toMatchObject({ errno: 1047 });
    await expect(ids(server)).rejects.toMatchObject({ errno: 1047 });
    await expect(server.admin('SET @one = 1')).resolves.toBeDefined();
    await insert(cluster.node(0).server, 2);
    await cluster.node(2).reconnect();
    expect(await ids(server)).toEqual([2]);
  });
});

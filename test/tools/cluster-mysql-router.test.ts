import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../contract/outcome.ts';
import { findMysqlRouter, type MysqlRouter, startMysqlRouter } from '../support/cluster/mysql-router.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { findServerBinary } from '../support/server/find-server-binary.ts';
import { type LocalServer, launchLocalServer } from '../support/server/local-server.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(async () => Promise.all([findMysqlRouter(), findServerBinary('mysql-9')]));
const title = titleOf('MySQL Router', missing);

describe(title, { ...unhurried, skip: missing !== undefined }, () => {
  let servers: readonly LocalServer[];
  let router: MysqlRouter;

  beforeAll(async () => {
    const binary = await findServerBinary('mysql-9');
    servers = await Promise.all([1, 2].map((id) => launchLocalServer({ binary, name: `router-${id}` })));
    router = await startMysqlRouter(servers);
  }, 240_000);
  afterAll(async () => {
    await router?.destroy();
    for (const server of servers ?? []) await server.destroy();
  });

  const connection = async () => {
    const { host, port } = router;
    const made = await createConnection({ ...servers[0]?.connectionOptions(), host, port });
    made.on('error', () => {});
    return made;
  };
  const portBehind = async (): Promise<number> => {
    const made = await connection();
    const [rows] = await made.query('SELECT @@port AS port');
    made.destroy();
    return (rows as { port: number }[])[0]?.port ?? 0;
  };

  test('passes connections on to the first server that is up, and refuses them when none is', async () => {
    const [first, second] = servers;
    const held = await connection();
    expect(await portBehind()).toBe(first?.port);
    await first?.kill9();
    expect(await failureOf(held.query('SELECT 1'))).toBeDefined();
    await expect.poll(portBehind, patient).toBe(second?.port);
    await second?.kill9();
    expect(await failureOf(portBehind())).toMatchObject({ errno: 2003 });
    await second?.start();
    await expect.poll(() => portBehind().catch(() => 0), patient).toBe(second?.port);
    await first?.start();
    await expect.poll(() => portBehind().catch(() => 0), patient).toBe(first?.port);
  });

  test('says why it does not start', async () => {
    await expect(startMysqlRouter([{ port: 99_999 }])).rejects.toThrow(/died at its start[\s\S]*destination/i);
  });
});

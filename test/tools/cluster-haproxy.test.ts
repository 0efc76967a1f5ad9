import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../contract/outcome.ts';
import { findHaproxy, type Haproxy, startHaproxy } from '../support/cluster/haproxy.ts';
import { startHealthCheck } from '../support/cluster/health-check.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { findServerBinary } from '../support/server/find-server-binary.ts';
import { type Server, startServer } from '../support/server/server.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(async () => Promise.all([findServerBinary(), findHaproxy()]));

describe(titleOf('HAProxy', missing), { ...unhurried, skip: missing !== undefined }, () => {
  let first: Server;
  let second: Server;
  const cleanups: (() => Promise<unknown>)[] = [];

  const open = async (options: Parameters<typeof startHaproxy>[0]): Promise<Haproxy> => {
    const haproxy = await startHaproxy(options);
    cleanups.push(() => haproxy.destroy());
    return haproxy;
  };
  const connection = async ({ host, port }: Haproxy) => {
    const made = await createConnection({ ...first.connectionOptions(), host, port });
    made.on('error', () => {});
    cleanups.push(async () => made.destroy());
    return made;
  };
  const portBehind = async (haproxy: Haproxy): Promise<number> => {
    const [rows] = await (await connection(haproxy)).query('SELECT @@port AS port');
    return (rows as { port: number }[])[0]?.port ?? 0;
  };

  beforeAll(async () => {
    [first, second] = await Promise.all([startServer({ name: 'hap-1' }), startServer({ name: 'hap-2' })]);
  }, 240_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(() => Promise.all([first?.destroy(), second?.destroy()]));

  test('passes connections on to the server that is up, ends those of one that went down, and goes back', async () => {
    const haproxy = await open({
      servers: [
        { name: 's1', port: first.port },
        { name: 's2', port: second.port, backup: true },
      ],
    });
    const held = await connection(haproxy);
    expect(await portBehind(haproxy)).toBe(first.port);
    await first.kill9();
    expect(await failureOf(held.query('SELECT 1'))).toBeDefined();
    await expect.poll(() => haproxy.isUp('s1'), patient).toBe(false);
    expect(await portBehind(haproxy)).toBe(second.port);
    await first.start();
    await expect.poll(() => haproxy.isUp('s1'), patient).toBe(true);
    expect(await portBehind(haproxy)).toBe(first.port);
  });

  test('is told which server to use', async () => {
    const haproxy = await open({
      servers: [
        { name: 's1', port: first.port },
        { name: 's2', port: second.port, backup: true },
      ],
    });
    const held = await connection(haproxy);
    await haproxy.disable('s1', { andEndSessions: true });
    expect(await failureOf(held.query('SELECT 1'))).toBeDefined();
    expect(await portBehind(haproxy)).toBe(second.port);
    await haproxy.enable('s1');
    await expect.poll(() => portBehind(haproxy), patient).toBe(first.port);
    await expect(haproxy.disable('nobody')).rejects.toThrow(/No such server/i);
  });

  test('asks the health check of a server, and not only whether it accepts connections', async () => {
    let healthy = true;
    const check = await startHealthCheck(async () => healthy);
    cleanups.push(() => check.close());
    const haproxy = await open({ servers: [{ name: 's1', port: first.port, checkPort: check.port }] });
    expect(await portBehind(haproxy)).toBe(first.port);
    healthy = false;
    await expect.poll(() => haproxy.isUp('s1'), patient).toBe(false);
    expect(await failureOf(portBehind(haproxy))).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
  });

  test('ends a connection that was idle for too long', async () => {
    const haproxy = await open({ servers: [{ name: 's1', port: first.port }], idleTimeout: 200 });
    const idle = await connection(haproxy);
    await new Promise((resolve) => idle.once('end', resolve));
    expect(await failureOf(idle.query('SELECT 1'))).toBeDefined();
  });

  test('says why it does not start', async () => {
    const server = { name: 's 1', port: first.port };
    await expect(startHaproxy({ servers: [server] })).rejects.toThrow(/died at its start[\s\S]*unknown keyword/i);
  });
});

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import { describe, expect, test } from 'vitest';
import type { DriverCommand } from '../../adapters/mysql2/driver/command.ts';
import { lookForInternals } from '../../adapters/mysql2/driver/look-for-internals.ts';
import { watchConnection } from '../../adapters/mysql2/driver/watch-connection.ts';
import { executionOf } from '../../adapters/mysql2/prepared/prepared-execution.ts';
import { unhurried, useStage } from '../support/stage.ts';

const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('mysql2/package.json'), 'utf8')) as {
  version: string;
};

const nothing = () => {};
const silent = {
  command: nothing,
  answered: nothing,
  countsOn: nothing,
  lost: nothing,
  refused: () => undefined,
  release: () => false,
  destroyed: nothing,
};

describe(`mysql2 ${version}`, unhurried, () => {
  const stage = useStage('driver');

  async function open(options: PoolOptions = {}): Promise<{ pool: Pool; connection: PoolConnection }> {
    const pool = createPool({ ...stage.direct(), ...options });
    stage.closing(pool.promise());
    const connection = await new Promise<PoolConnection>((resolve, reject) => {
      pool.getConnection((error, made) => (error ? reject(error) : resolve(made)));
    });
    return { pool, connection };
  }

  test('has everything that the evidence rests on', async () => {
    const { pool, connection } = await open();
    expect(
      lookForInternals(pool, connection).missing,
      `mysql2 ${version} no longer has this; see adapters/mysql2/driver/known-internals.ts`,
    ).toEqual([]);
  });

  test('shows of each command whether it was written', async () => {
    const { pool, connection } = await open();
    const wire = watchConnection(connection, silent, lookForInternals(pool, connection));
    const [first, second] = [connection.query('SELECT 1', nothing), connection.query('SELECT 2', nothing)];
    expect([wire.progressOf(first), wire.progressOf(second), wire.progressOf(undefined)]).toEqual([
      'written',
      'not-written',
      'not-written',
    ]);
    await new Promise<void>((resolve) => second.once('end', () => resolve()));
    expect(wire.progressOf(second)).toBe('written');
    connection.release();
  });

  describe('prepared statements', () => {
    /** Executes a statement that is to encode itself; by whom its packet was made, and what came back. */
    async function execute(
      connection: PoolConnection,
      options: object,
      values: readonly unknown[],
      meddle: (command: DriverCommand) => void = () => {},
    ): Promise<{ rows: unknown; encodedBy: string }> {
      const packets: object[] = [];
      const internals = connection as unknown as { writePacket(packet: object): void };
      const { writePacket } = internals;
      internals.writePacket = (packet) => {
        packets.push(packet);
        writePacket.call(connection, packet);
      };
      const command = (begun: DriverCommand) => {
        meddle(begun);
        executionOf(begun)?.runBy({ statement: {}, connection: {} }, nothing);
      };
      const observer = { ...silent, command };
      watchConnection(connection, observer, { lost: new Set() });
      const rows = await new Promise((resolve, reject) => {
        connection.execute(options as { sql: string }, [...values] as string[], (error, answer) =>
          error ? reject(error) : resolve(answer),
        );
      });
      connection.release();
      return { rows, encodedBy: packets.at(-1)?.constructor.name === 'OutgoingPacket' ? 'this package' : 'mysql2' };
    }

    const sql = 'SELECT ? AS a';

    test('encode themselves', async () => {
      const { connection } = await open();
      expect(await execute(connection, { sql }, ['ä'])).toEqual({ rows: [{ a: 'ä' }], encodedBy: 'this package' });
    });

    test('encode themselves on a compressed connection', async () => {
      const { connection } = await open({ compress: true });
      const long = 'ä'.repeat(70_000);
      expect(await execute(connection, { sql }, [long])).toEqual({ rows: [{ a: long }], encodedBy: 'this package' });
    });

    test.each([
      ['a value of another type', {}, {}, new Date(Date.UTC(2024, 1, 29))],
      ['a timeout of mysql2', {}, { timeout: 10_000 }, 'ä'],
      ['attributes', {}, { attributes: { trace: 'id' } }, 'ä'],
      ['another charset', { charset: 'latin1' }, {}, 'ä'],
    ] as const)('are left to mysql2 with %s', async (_, poolOptions, options, value) => {
      const { connection } = await open({ ...poolOptions, timezone: 'Z' });
      const { rows, encodedBy } = await execute(connection, { sql, ...options }, [value]);
      expect(encodedBy).toBe('mysql2');
      expect((rows as { a: unknown }[])[0]?.a).toEqual(expect.anything());
      if (typeof value === 'string') expect(rows).toEqual([{ a: value }]);
    });

    test('are left to mysql2 where it goes on in another way', async () => {
      const { connection } = await open();
      const meddle = (command: DriverCommand) => Object.assign(command, { resultsetHeader: undefined });
      const answer = await execute(connection, { sql }, ['ä'], meddle);
      expect(answer).toEqual({ rows: [{ a: 'ä' }], encodedBy: 'mysql2' });
    });
  });
});

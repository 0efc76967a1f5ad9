import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createConnection } from 'mysql2/promise';
import { beforeEach, describe, expect, test } from 'vitest';
import { classify } from '../../src/index.ts';
import { isCertainWrite } from '../../src/internal.ts';
import type { Binding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

/** No reads by their first word, and no writes to what `read_only` is for, as far as their text says. In this order, on one session. */
const leftToTheServer = [
  'CALL only_reads()',
  'CALL writes()',
  'CHECKSUM TABLE stage_rows',
  'CHECK TABLE stage_rows',
  'ANALYZE FORMAT=JSON SELECT 1',
  'EXPLAIN ANALYZE SELECT 1',
  "EXECUTE IMMEDIATE 'SELECT 1'",
  'KILL QUERY 999999',
  'FLUSH STATUS',
  "HELP 'SELECT'",
  'CREATE TEMPORARY TABLE held_here (id INT)',
  'DROP TEMPORARY TABLE held_here',
];

/** None of them is sent while the server is known to be read-only. */
const refusedByIt = [
  { write: 'INSERT INTO stage_keyed (id) VALUES (1)' },
  { write: 'UPDATE stage_keyed SET writes = writes + 1' },
  { write: 'CREATE TABLE made_later (id INT)' },
  { write: 'ALTER TABLE stage_keyed ADD COLUMN added INT' },
  { write: 'TRUNCATE TABLE stage_keyed' },
];

/** Of which gone-away sends none to a server that is known to be read-only. */
const definitions = [
  'CREATE TABLE made (id INT)',
  'CREATE TABLE IF NOT EXISTS stage_rows (id INT)',
  'ALTER TABLE stage_rows ADD COLUMN added INT',
  'DROP TABLE IF EXISTS never_made',
  'RENAME TABLE stage_rows TO renamed',
  'TRUNCATE stage_rows',
  'CREATE INDEX made ON stage_rows (id)',
  'CREATE UNIQUE INDEX made ON stage_rows (id)',
  'CREATE OR REPLACE VIEW made AS SELECT 1',
  'DROP VIEW IF EXISTS never_made',
  'CREATE DATABASE made',
  'DROP SCHEMA IF EXISTS app',
  'CREATE PROCEDURE made() SELECT 1',
  'CREATE FUNCTION made() RETURNS INT DETERMINISTIC RETURN 1',
  'CREATE TRIGGER made BEFORE INSERT ON stage_rows FOR EACH ROW SET @a = 1',
  'CREATE EVENT made ON SCHEDULE EVERY 1 DAY DO SELECT 1',
  "LOAD DATA INFILE '/nowhere' INTO TABLE stage_rows",
  "LOAD XML INFILE '/nowhere' INTO TABLE stage_rows",
];

const bindings = [
  { binding: 'a promise pool of mysql2', create: createPromiseBinding },
  { binding: 'a callback pool of mysql2', create: createCallbackBinding },
  { binding: 'Drizzle', create: createDrizzleBinding },
  { binding: 'Prisma', create: createPrismaBinding },
];

describe.each(bindings)('a server that is known to be read-only, on $binding', unhurried, ({ create }) => {
  const stage = useStage('read-only-statements');
  let binding: Binding;
  let refused: Promise<unknown>;

  beforeEach(async ({ skip }) => {
    skip(...notOurs(stage.server, 'its settings are not changed'));
    await stage.asRoot(async (root) => {
      await root.query('DROP TABLE IF EXISTS made_later');
      await root.query('DROP PROCEDURE IF EXISTS only_reads');
      await root.query('CREATE PROCEDURE only_reads() SELECT id FROM stage_rows');
      await root.query('DROP PROCEDURE IF EXISTS writes');
      await root.query('CREATE PROCEDURE writes() SQL SECURITY INVOKER INSERT INTO stage_rows (id) VALUES (2)');
    });
    binding = stage.closing(create({ connection: stage.proxied(), connectionLimit: 1 }));
    let notices = 0;
    const listener = () => {
      notices += 1;
    };
    subscribe('gone-away:server-refuses', listener);
    stage.after(async () => unsubscribe('gone-away:server-refuses', listener));
    await binding.read();
    await stage.server.admin('SET GLOBAL read_only = 1');
    refused = later(binding.insert(1));
    await expect.poll(() => notices, patient).toBe(1);
  });

  test('answers what it answers on a bare connection, while a write that it has refused waits', async () => {
    const bare = await createConnection(stage.direct());
    stage.after(async () => bare.destroy());
    const impatient = binding.with({ maxRetryTime: 500 });
    const [answers, bareAnswers]: [string[], string[]] = [[], []];
    for (const statement of leftToTheServer) {
      bareAnswers.push(`${statement}: ${await answerTo(bare.query(statement))}`);
      answers.push(`${statement}: ${await answerTo(impatient.send(statement))}`);
    }
    expect(answers).toEqual(bareAnswers);
    expect(await stage.rows()).toEqual([]);
    await stage.server.admin('SET GLOBAL read_only = 0');
    await refused;
    expect(await stage.rows()).toEqual([1]);
  });

  test.each(refusedByIt)('has this wait until it takes writes, and be applied once: $write', async ({ write }) => {
    const bare = await createConnection(stage.direct());
    stage.after(async () => bare.destroy());
    expect(await failureOf(bare.query(write))).toMatchObject({ errno: 1290 });
    const before = stage.proxy.accepted;
    let sent = 0;
    stage.proxy.onClientData((chunk) => {
      if (chunk.includes(write.slice(0, 20))) sent += 1;
      return 'forward';
    });
    const waiting = later(binding.send(write));
    // It holds no connection, of which there is one: this goes on.
    for (let reads = 0; reads < 20; reads += 1) await binding.read();
    expect(sent).toBe(0);
    await stage.server.admin('SET GLOBAL read_only = 0');
    await Promise.all([refused, waiting]);
    expect(sent).toBe(1);
    expect(stage.proxy.accepted - before).toBeLessThanOrEqual(1 + 10);
  });
});

describe('a server that is read-only', unhurried, () => {
  const stage = useStage('read-only-definitions');

  beforeEach(({ skip }) => skip(...notOurs(stage.server, 'its settings are not changed')));

  test.each(definitions)('refuses what gone-away does not send it: %s', async (statement) => {
    const bare = await createConnection(stage.direct());
    stage.after(async () => bare.destroy());
    await stage.server.admin('SET GLOBAL read_only = 1');
    expect(isCertainWrite(statement)).toBe(true);
    expect(await failureOf(bare.query(statement))).toMatchObject({ errno: 1290 });
  });
});

describe.each(bindings)('a schema that is READ ONLY, on $binding', unhurried, ({ create }) => {
  const stage = useStage('read-only-schema');

  test('is told of at once, and stops no write to another one', async ({ skip }) => {
    skip(...notOurs(stage.server, 'a database is made there'));
    skip(stage.server.kind !== 'mysql', 'MariaDB has no such state');
    await stage.asRoot(async (root) => {
      await root.query('CREATE DATABASE IF NOT EXISTS frozen');
      await root.query('CREATE TABLE IF NOT EXISTS frozen.kept (id INT)');
      await root.query(`GRANT ALL ON frozen.* TO '${stage.user}'@'127.0.0.1'`);
      await root.query('ALTER DATABASE frozen READ ONLY = 1');
    });
    stage.after(() => stage.server.admin('ALTER DATABASE frozen READ ONLY = 0'));
    let notices = 0;
    const listener = () => {
      notices += 1;
    };
    subscribe('gone-away:server-refuses', listener);
    stage.after(async () => unsubscribe('gone-away:server-refuses', listener));
    const binding = stage.closing(create({ connection: stage.proxied(), connectionLimit: 2 }));
    const before = stage.proxy.accepted;
    for (const id of [1, 2, 3]) {
      expect(await answerTo(binding.send('INSERT INTO frozen.kept VALUES (1)'))).toBe('3989');
      await binding.insert(id);
    }
    expect(await stage.rows()).toEqual([1, 2, 3]);
    expect(notices).toBe(0);
    expect(stage.proxy.accepted - before).toBeLessThanOrEqual(2);
  });
});

/** What became of a statement, as far as a bare connection could tell. */
async function answerTo(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'an answer';
  } catch (error) {
    const { errno, code } = classify(error);
    return String(errno ?? code ?? error);
  }
}

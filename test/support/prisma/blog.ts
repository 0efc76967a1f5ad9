import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { createTables, tableNames } from '../../../prisma/tables.ts';
import type { Stage } from '../stage.ts';

/** What every test begins with. */
const seed: readonly string[] = [
  "INSERT INTO user (id, email, name, balance, updated_at) VALUES (1, 'ann', 'Ann', 10, NOW(3)), (2, 'bob', 'Bob', 20, NOW(3))",
  "INSERT INTO profile (id, bio, user_id) VALUES (1, 'first', 1)",
  "INSERT INTO post (id, title, slug, author_id) VALUES (1, 'One', 'one', 1), (2, 'Two', 'two', 1)",
  "INSERT INTO comment (post_id, number, text, user_id) VALUES (1, 1, 'yes', 2), (1, 2, 'no', 2)",
  "INSERT INTO tag (id, label) VALUES ('t1', 'red'), ('t2', 'blue')",
  "INSERT INTO _PostToTag (A, B) VALUES (1, 't1')",
  "INSERT INTO team (id) VALUES ('core')",
  "INSERT INTO membership (user_id, team_id) VALUES (1, 'core')",
];

/** Everything that a write may have changed, without what is different each time: ids and times. */
const contents: readonly string[] = [
  'SELECT email, name, balance FROM user ORDER BY email',
  'SELECT bio, email FROM profile JOIN user ON user.id = user_id ORDER BY email',
  'SELECT slug, title, email, published FROM post JOIN user ON user.id = author_id ORDER BY slug, email',
  'SELECT slug, number, text, email FROM comment JOIN post ON post.id = post_id LEFT JOIN user ON user.id = user_id ORDER BY slug, number',
  'SELECT label FROM tag ORDER BY label',
  'SELECT slug, label FROM _PostToTag JOIN post ON post.id = A JOIN tag ON tag.id = B ORDER BY slug, label',
  'SELECT id, parent_id FROM team ORDER BY id',
  'SELECT email, team_id, role FROM membership JOIN user ON user.id = user_id ORDER BY email, team_id',
];

/** The tables of schema.prisma on the server of a stage, and the truth about them. */
export interface Blog {
  /** The seed, and nothing else. */
  reset(): Promise<void>;
  contents(): Promise<string>;
  sql(statement: string): Promise<unknown>;
  /** Keeps everybody off `user` and `tag`, until the function that it resolves with is called. */
  lock(): Promise<() => Promise<void>>;
  /** How many statements wait for that. */
  waiting(): Promise<number>;
}

/** The tables of schema.prisma for all tests of a file. */
export function useBlog(stage: Stage): Blog {
  let connection: Connection;
  const sql = async (statement: string): Promise<unknown> => (await connection.query(statement))[0];
  beforeAll(async () => {
    connection = await createConnection(stage.direct('root'));
    stage.playsRoot(connection.threadId);
    await createTables(sql);
    // Rows go away in whatever order.
    await sql('SET FOREIGN_KEY_CHECKS = 0');
  }, 60_000);
  afterAll(() => connection.end());
  return {
    reset: async () => {
      for (const name of tableNames) await sql(`DELETE FROM ${name}`);
      for (const statement of seed) await sql(statement);
    },
    contents: async () => {
      const found: unknown[] = [];
      for (const statement of contents) found.push(await sql(statement));
      return JSON.stringify(found, undefined, 1);
    },
    sql,
    lock: async () => {
      await sql('LOCK TABLES user WRITE, tag WRITE');
      const unlock = async () => void (await sql('UNLOCK TABLES'));
      stage.after(unlock);
      return unlock;
    },
    waiting: async () => {
      const threads = `SELECT id FROM information_schema.processlist WHERE user = '${stage.user}' AND state LIKE 'Waiting for table%lock'`;
      return (await stage.server.admin<readonly unknown[]>(threads)).length;
    },
  };
}

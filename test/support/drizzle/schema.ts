import { relations } from 'drizzle-orm';
import {
  bigint,
  boolean,
  datetime,
  decimal,
  int,
  json,
  mysqlEnum,
  mysqlTable,
  mysqlView,
  timestamp,
  varchar,
} from 'drizzle-orm/mysql-core';
import type { MySql2Database } from 'drizzle-orm/mysql2';

export const users = mysqlTable('op_users', {
  id: int().autoincrement().primaryKey(),
  name: varchar({ length: 50 }).notNull(),
  role: mysqlEnum(['admin', 'member']).notNull().default('member'),
  active: boolean().notNull().default(true),
  balance: decimal({ precision: 12, scale: 2 }).notNull().default('0.00'),
  big: bigint({ mode: 'bigint' }),
  settings: json().$type<{ theme: string }>(),
  bornAt: datetime('born_at'),
  seenAt: timestamp('seen_at'),
});
export const posts = mysqlTable('op_posts', {
  id: int().autoincrement().primaryKey(),
  authorId: int('author_id').notNull(),
  title: varchar({ length: 100 }).notNull(),
});
export const tags = mysqlTable('op_tags', {
  id: varchar({ length: 20 })
    .primaryKey()
    .$defaultFn(() => 'generated'),
});
export const authors = mysqlView('op_authors', { id: int(), name: varchar({ length: 50 }) }).existing();
const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
const postsRelations = relations(posts, ({ one }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id] }),
}));
export const schema = { users, posts, tags, usersRelations, postsRelations };

export type OperationDatabase = MySql2Database<typeof schema>;

/** Makes the tables anew, with the same rows and the same next ids. */
export const createTables: readonly string[] = [
  'DROP VIEW IF EXISTS op_authors',
  'DROP TABLE IF EXISTS op_users, op_posts, op_tags',
  `CREATE TABLE op_users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL, role ENUM('admin', 'member') NOT NULL DEFAULT 'member',
    active BOOLEAN NOT NULL DEFAULT TRUE, balance DECIMAL(12, 2) NOT NULL DEFAULT 0, big BIGINT, settings JSON, born_at DATETIME, seen_at TIMESTAMP NULL)`,
  'CREATE TABLE op_posts (id INT AUTO_INCREMENT PRIMARY KEY, author_id INT NOT NULL, title VARCHAR(100) NOT NULL)',
  'CREATE TABLE op_tags (id VARCHAR(20) PRIMARY KEY)',
  'CREATE VIEW op_authors AS SELECT DISTINCT u.id, u.name FROM op_users u JOIN op_posts p ON p.author_id = u.id',
  `INSERT INTO op_users (name, role, active, balance, big, settings, born_at, seen_at) VALUES
    ('Ada', 'admin', 1, 12.50, 9007199254740993, '{"theme":"dark"}', '1815-12-10 01:02:03', '2020-01-02 03:04:05'),
    ('Bob', 'member', 0, 0.00, NULL, NULL, NULL, NULL), ('Cleo', 'member', 1, 99999.99, 1, NULL, NULL, NULL)`,
  "INSERT INTO op_posts (author_id, title) VALUES (1, 'Notes'), (1, 'More notes'), (3, 'Asp')",
];

/** Something that people do with Drizzle, as a function of the database, with a result that can be compared. */
export type Operation = readonly [name: string, run: (db: OperationDatabase) => Promise<unknown>];

/**
 * A module that exports what it makes, and is compiled with its declarations: in a monorepo each package is. The names of all types that are inferred have to be
 * there for others.
 */
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { drizzle } from 'drizzle-orm/mysql2';
import { retryPolicy } from 'gone-away';
import { withResilience as withResilientDrizzle } from 'gone-away/drizzle';
import { withResilience } from 'gone-away/mysql2';
import { resilience } from 'gone-away/prisma';
import { PrismaMySQL2 } from 'gone-away/prisma/adapter';
import { PrismaClient } from '../../prisma/generated/client.ts';

export const policy = retryPolicy({ retries: 3 });
export const pool = withResilience('mysql://app@127.0.0.1/app', policy);
export const table = mysqlTable('rows', { id: int().primaryKey() });
export const db = withResilientDrizzle(drizzle({ client: pool }));
export const prisma = new PrismaClient({ adapter: new PrismaMySQL2(pool) }).$extends(resilience(policy));
export const makeClient = () => new PrismaClient({ adapter: new PrismaMySQL2(pool) }).$extends(resilience());
export const rename = (id: number, name: string) =>
  prisma.$transaction((tx) => tx.user.update({ where: { id }, data: { name } }), { rerun: true });

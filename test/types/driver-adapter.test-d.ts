/** Compiled, never run: the structural types of `adapters/prisma/adapter/prisma-interface.ts` against those of Prisma. */
import type * as Utils from '@prisma/driver-adapter-utils';
import { createPool } from 'mysql2/promise';
import { PrismaMySQL2 } from '../../adapters/prisma/adapter/index.ts';
import type * as Own from '../../adapters/prisma/adapter/prisma-interface.ts';
import type { ErrorPayload } from '../../adapters/prisma/errors/adapter-error.ts';
import { PrismaClient } from '../../prisma/generated/client.ts';

/** Fails to compile unless the first is assignable to the second. */
type Assignable<A extends B, B> = A;

export type Checks = [
  Assignable<Own.SqlMigrationAwareDriverAdapterFactory, Utils.SqlMigrationAwareDriverAdapterFactory>,
  Assignable<Own.SqlDriverAdapter, Utils.SqlDriverAdapter>,
  Assignable<Own.Transaction, Utils.Transaction>,
  Assignable<Own.SqlResultSet, Utils.SqlResultSet>,
  Assignable<Own.ConnectionInfo, Utils.ConnectionInfo>,
  Assignable<Utils.SqlQuery, Own.SqlQuery>,
  Assignable<Utils.IsolationLevel, Own.IsolationLevel>,
  Assignable<ErrorPayload['kind'], Utils.Error['kind']>,
];

export const clients: readonly PrismaClient[] = [
  new PrismaClient({ adapter: new PrismaMySQL2('mysql://user@host/database') }),
  new PrismaClient({ adapter: new PrismaMySQL2({ host: 'host', database: 'database' }, { policy: { retries: 3 } }) }),
  new PrismaClient({ adapter: new PrismaMySQL2(createPool('mysql://user@host/database')) }),
  new PrismaClient({ adapter: new PrismaMySQL2(createPool('mysql://user@host/database').pool) }),
  // @ts-expect-error a single connection cannot be replaced when it is lost
  new PrismaClient({ adapter: new PrismaMySQL2(await createPool('').getConnection()) }),
  // @ts-expect-error no such option
  new PrismaClient({ adapter: new PrismaMySQL2('mysql://user@host/database', { policy: { retry: 3 } }) }),
];

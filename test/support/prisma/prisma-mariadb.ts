import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import type { ConnectionOptions } from 'mysql2/promise';

interface Limits {
  readonly connectionLimit?: number;
  readonly acquireTimeout?: number;
  readonly connectTimeout?: number;
  /** False: the driver waits for the answer to PREPARE before it sends EXECUTE, as it always does on MySQL. */
  readonly pipelining?: boolean;
}

/** Prisma's own adapter, on the server that mysql2 would connect to by these options. */
export function createPrismaMariaDb(connection: ConnectionOptions, limits: Limits = {}): PrismaMariaDb {
  const { host = '', port = 3306, user = '', password = '', database = '' } = connection;
  const who = { host, port, user, password: String(password), database };
  // MySQL's accounts have caching_sha2_password; once the server has started anew, it needs its public key again.
  return new PrismaMariaDb({ ...who, ...limits, allowPublicKeyRetrieval: true });
}

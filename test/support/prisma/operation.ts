import type { Prisma } from './two-adapters.ts';

/** Something to do through both adapters, on fresh tables each. */
export interface Operation {
  readonly name: string;
  /** @param sql sends a statement on a connection of its own that has no `sql_mode`, for what Prisma would not write */
  run(prisma: Prisma, sql: (statement: string) => Promise<unknown>): Promise<unknown>;
  /** What ours does otherwise. */
  readonly differs?: Difference;
}

export interface Difference {
  /** Words of its row in the table of `adapters/prisma/README.md`, which says why ours is right. */
  readonly row: string;
  /** A part of what ours gives. */
  readonly ours: unknown;
  /** Only on one kind of server. Default: on both. */
  readonly on?: 'mariadb' | 'mysql';
}

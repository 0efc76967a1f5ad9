import {
  judgeRead,
  limitsLockWait,
  mayEndTransaction,
  type ReadVerdict,
  readStatementKind,
  unsafeRead,
} from '../../../src/internal.ts';
import type { QueryHookParams } from './prisma-internals.ts';

/** The operations of a model that only ever SELECT. Whatever Prisma may add is a write until it stands here. */
const modelReads: ReadonlySet<string> = new Set([
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
]);

/** What an operation of Prisma does to the database, as far as its name and its SQL say. Asked only after a failure. */
export interface PrismaOperation {
  /** Whether nobody can tell if it ran once or twice. */
  judgeRead(): ReadVerdict;
  /**
   * It is all or nothing: one statement, or an implicit transaction. Not so for CALL, DDL and the like, which may have
   * committed a part of their work before they fail.
   */
  isAtomic(): boolean;
  /** It may end the transaction that it runs in: nearly always by its first word, so that it may be asked of each. */
  mayEndTransaction(): boolean;
  /** It says itself how long it waits for a lock. */
  limitsLockWait(): boolean;
  /** One statement of the user's, which Prisma sends as it is and around which it sends nothing. */
  readonly isRaw: boolean;
}

/** @param safeFunctions of the user, as in the policy */
export function describeOperation(
  { model, operation, args }: Omit<QueryHookParams, 'query'>,
  safeFunctions: readonly string[],
): PrismaOperation {
  if (model !== undefined) {
    return {
      judgeRead: () => ({ isSafe: modelReads.has(operation), unsafe: undefined }),
      isAtomic: () => true,
      mayEndTransaction: () => false,
      limitsLockWait: () => false,
      isRaw: false,
    };
  }
  return {
    judgeRead: () => {
      const sql = sqlOf(args);
      if (sql === undefined) return unsafeRead({ why: 'its text is not known' });
      // Which server that is, an adapter of somebody else does not tell. Ours decides by itself, and knows.
      return judgeRead(sql, { mayLock: false, server: undefined, safeFunctions });
    },
    isAtomic: () => {
      const sql = sqlOf(args);
      if (sql === undefined) return false;
      // Whose connections those are, nobody knows.
      const kind = readStatementKind(sql, { multipleStatements: true });
      return kind.isAtomic && kind.leavesUncommitted;
    },
    mayEndTransaction: () => {
      const sql = sqlOf(args);
      return sql === undefined || mayEndTransaction(sql, { multipleStatements: true });
    },
    limitsLockWait: () => limitsLockWait(sqlOf(args) ?? ''),
    isRaw: true,
  };
}

/**
 * The text that Prisma sends for a raw operation, with what `Prisma.raw()` and `Prisma.sql` put into it: a `Sql` and a TypedSQL query have it
 * as `sql`, the Unsafe forms as their first argument.
 */
function sqlOf(args: unknown): string | undefined {
  const sql: unknown = Array.isArray(args) ? args[0] : (args as { sql?: unknown } | null | undefined)?.sql;
  return typeof sql === 'string' ? sql : undefined;
}

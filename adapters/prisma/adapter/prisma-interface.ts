import type { AdapterInfo } from '../bridge/adapter-info.ts';

/**
 * What this package relies on of Prisma's driver adapter interface, structurally, so that nothing of Prisma is loaded or resolved for
 * its sake. `test/types/driver-adapter.test-d.ts` holds it against the types of `@prisma/driver-adapter-utils` and `@prisma/client`.
 */

export type ArgScalarType =
  | 'string'
  | 'int'
  | 'bigint'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'enum'
  | 'uuid'
  | 'json'
  | 'datetime'
  | 'bytes'
  | 'unknown';

export interface ArgType {
  readonly scalarType: ArgScalarType;
  readonly dbType?: string | null;
  readonly arity: 'scalar' | 'list';
}

export interface SqlQuery {
  readonly sql: string;
  readonly args: readonly unknown[];
  readonly argTypes: readonly ArgType[];
}

/** Prisma's names for the types of a result's columns, and what it calls them on the wire. */
export const columnType = {
  int32: 0,
  int64: 1,
  float: 2,
  double: 3,
  numeric: 4,
  text: 7,
  date: 8,
  time: 9,
  dateTime: 10,
  json: 11,
  enum: 12,
  bytes: 13,
} as const;

export type ColumnType = (typeof columnType)[keyof typeof columnType];

export interface SqlResultSet {
  columnTypes: ColumnType[];
  columnNames: string[];
  rows: unknown[][];
  lastInsertId?: string;
}

export type IsolationLevel = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SNAPSHOT' | 'SERIALIZABLE';

export interface ConnectionInfo {
  schemaName?: string;
  maxBindValues?: number;
  supportsRelationJoins: boolean;
}

export interface SqlQueryable extends AdapterInfo {
  queryRaw(query: SqlQuery): Promise<SqlResultSet>;
  executeRaw(query: SqlQuery): Promise<number>;
}

export interface Transaction extends SqlQueryable {
  /** Phantom: Prisma sends no BEGIN, COMMIT or ROLLBACK of its own, but calls the methods below. */
  readonly options: { usePhantomQuery: boolean };
  commit(): Promise<void>;
  rollback(): Promise<void>;
  createSavepoint(name: string): Promise<void>;
  rollbackToSavepoint(name: string): Promise<void>;
  releaseSavepoint(name: string): Promise<void>;
}

export interface SqlDriverAdapter extends SqlQueryable {
  executeScript(script: string): Promise<void>;
  startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction>;
  getConnectionInfo(): ConnectionInfo;
  dispose(): Promise<void>;
}

export interface SqlMigrationAwareDriverAdapterFactory extends AdapterInfo {
  connect(): Promise<SqlDriverAdapter>;
  connectToShadowDb(): Promise<SqlDriverAdapter>;
}

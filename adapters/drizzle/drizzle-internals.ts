import { MySql2Transaction } from 'drizzle-orm/mysql2';
import * as utils from 'drizzle-orm/utils';

/**
 * The one room that depends on a version of Drizzle: 0.4x, where a database, a session and a prepared query are built from public
 * classes with these fields. Looked for before they are used.
 */

/** Anything with Drizzle's methods for a statement: a pool or one connection. */
export interface StatementClient {
  query(sql: unknown, values?: unknown): Promise<unknown>;
  execute(sql: unknown, values?: unknown): Promise<unknown>;
}

/** A session, with the fields that it is made from. */
export interface DrizzleSession {
  readonly client: unknown;
  readonly dialect: unknown;
  readonly schema: unknown;
  readonly options: unknown;
  readonly mode: unknown;
  prepareQuery(...values: readonly unknown[]): DrizzlePreparedQuery;
  transaction(callback: (tx: never) => Promise<unknown>, config?: unknown): Promise<unknown>;
  getSetTransactionSQL(config: unknown): unknown;
}

/** A prepared query, with the fields that turn its rows into objects. */
export interface DrizzlePreparedQuery {
  readonly params: unknown[];
  readonly fields: unknown;
  readonly query: object;
  readonly rawQuery: object;
  readonly customResultMapper: ((rows: unknown[][]) => unknown) | undefined;
  readonly joinsNotNullableMap: unknown;
  readonly logger: { logQuery(sql: string, params: unknown[]): void };
  execute(placeholderValues?: Record<string, unknown>): Promise<unknown>;
  iterator(placeholderValues?: Record<string, unknown>): AsyncGenerator<unknown>;
}

export interface DrizzleTransactionConfig {
  readonly withConsistentSnapshot?: boolean;
  readonly accessMode?: string;
  readonly isolationLevel?: string;
}

/** The names of its options. */
export const transactionConfigNames: readonly string[] = ['isolationLevel', 'accessMode', 'withConsistentSnapshot'];

export type SessionClass = new (client: unknown, dialect: unknown, schema: unknown, options: unknown) => DrizzleSession;
export type TransactionClass = new (
  dialect: unknown,
  session: unknown,
  schema: unknown,
  nestedIndex: number,
  mode: unknown,
) => DrizzleTransaction;

export interface DrizzleTransaction {
  readonly dialect: unknown;
  readonly session: DrizzleSession;
  readonly schema: unknown;
  readonly nestedIndex: number;
  readonly mode: unknown;
  execute(query: unknown): Promise<unknown>;
  transaction(callback: (tx: never) => Promise<unknown>, config?: object): Promise<unknown>;
}

interface DatabaseInternals {
  readonly session?: unknown;
  readonly dialect?: unknown;
  readonly mode?: unknown;
}

/** The parts of what `withReplicas()` made. */
export interface ReplicatedDatabase {
  readonly primary: object;
  readonly replicas: readonly object[];
  /** The index of the replica that the user's own choice falls on now. */
  next(): number;
}

/** Undefined if this was not made with `withReplicas()`. */
export function replicatedParts(db: object): ReplicatedDatabase | undefined {
  const { $primary, $replicas } = db as { $primary?: unknown; $replicas?: unknown };
  if (typeof $primary !== 'object' || $primary === null || !Array.isArray($replicas)) return undefined;
  const replicas: readonly object[] = $replicas;
  return {
    primary: $primary,
    replicas,
    // The choice is hidden in a closure, which only the getter `query` asks without sending anything.
    next: () => {
      const chosen: unknown = Reflect.get(db, 'query');
      return Math.max(
        0,
        replicas.findIndex((replica) => Reflect.get(replica, 'query') === chosen),
      );
    },
  };
}

/** The session of a database; undefined if this is no database of Drizzle on mysql2 that can be rebuilt. */
export function sessionOf(db: object): DrizzleSession | undefined {
  const { session } = db as DatabaseInternals;
  if (typeof session !== 'object' || session === null) return undefined;
  const present = ['client', 'dialect', 'schema', 'options', 'mode'].every((field) => field in session);
  return present && typeof (session as DrizzleSession).prepareQuery === 'function'
    ? (session as DrizzleSession)
    : undefined;
}

export function sessionClassOf(session: DrizzleSession): SessionClass {
  return session.constructor as SessionClass;
}

/** A transaction of Drizzle (`tx`) counts how deep it is nested; a database does not. */
export function isTransaction(db: object): boolean {
  return 'nestedIndex' in db;
}

/** A database of the same kind on another session. */
export function deriveDatabase<D extends object>(db: D, session: DrizzleSession): D {
  const { dialect, mode } = db as DatabaseInternals;
  const Database = db.constructor as new (dialect: unknown, session: unknown, schema: unknown, mode: unknown) => D;
  const derived = new Database(dialect, session, session.schema, mode);
  // Drizzle sets these from outside after it has made a database.
  return Object.assign(derived, { $cache: Reflect.get(db, '$cache') });
}

export const transactionClass: TransactionClass = MySql2Transaction as unknown as TransactionClass;

interface RowMapping {
  mapResultRow(fields: unknown, row: unknown, joinsNotNullableMap: unknown): unknown;
}

/** Turns one row of the driver into what the query's caller expects. */
export function mapRow(prepared: DrizzlePreparedQuery, row: unknown): unknown {
  const { fields, customResultMapper, joinsNotNullableMap } = prepared;
  if (customResultMapper !== undefined) {
    const mapped = customResultMapper([row as unknown[]]);
    return Array.isArray(mapped) ? mapped[0] : mapped;
  }
  if (fields === undefined) return row;
  return (utils as unknown as RowMapping).mapResultRow(fields, row, joinsNotNullableMap);
}

/** What a prepared query sends for its rows to fit {@link mapRow}. */
export function statementOf(prepared: DrizzlePreparedQuery): { readonly sql: object; readonly sqlText: string } {
  const { fields, customResultMapper, query, rawQuery } = prepared;
  const sql = fields !== undefined || customResultMapper !== undefined ? query : rawQuery;
  return { sql, sqlText: String(Reflect.get(sql, 'sql')) };
}

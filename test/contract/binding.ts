import type { Pool } from 'mysql2';
import type { ConnectionOptions } from 'mysql2/promise';
import type { TransactionContext } from '../../adapters/mysql2/index.ts';
import type { CallOptions, ResilienceOptions, TransactionDefaults } from '../../src/index.ts';

export interface BindingOptions {
  readonly connection: ConnectionOptions;
  /** Default 10. */
  readonly connectionLimit?: number;
  readonly policy?: ResilienceOptions;
}

export type Rows = readonly Readonly<Record<string, unknown>>[];

/** What can be asked for in a transaction too. The table is `stage_rows`. */
export interface BindingStatements {
  /** The ids, in the order of insertion; one SELECT that is safe to repeat. */
  read(): Promise<readonly number[]>;
  /** One INSERT that must not be repeated blindly. */
  insert(id: number): Promise<unknown>;
  /** Counts up one row of `stage_keyed`, and locks it. */
  count(id: number): Promise<unknown>;
  /** Any statement, as it is. */
  send(sql: string): Promise<unknown>;
  /** The rows of any statement that has some, asked for as `read` asks for its own. */
  rowsOf(sql: string): Promise<Rows>;
}

export type Callback<T> = (tx: BindingStatements, context: TransactionContext) => Promise<T>;

/** One way to use this package, reduced to what every ORM and driver can do. The suite knows nothing else of them. */
export interface Binding extends BindingStatements {
  /** Its statements are prepared, and this package sees how far that has come. */
  readonly prepares: boolean;
  /** mysql2's own pool, which somebody may use beside this package; undefined where the connections are not mysql2's. */
  readonly pool: Pool | undefined;
  /** As `read`, with a locking SELECT: a read, but not one that is safe to repeat. */
  readForUpdate(): Promise<readonly number[]>;
  /** Inserts or counts up in `stage_keyed`, as one statement that the caller marked as idempotent. */
  upsertIdempotently(id: number): Promise<unknown>;
  /** The value of an SQL expression: what a session says of itself. */
  select(expression: string): Promise<unknown>;
  transaction<T>(callback: Callback<T>, options?: TransactionDefaults): Promise<T>;
  /** The same binding with options for single calls. */
  with(options: CallOptions): Binding;
  end(): Promise<unknown>;
}

export type CreateBinding = (options: BindingOptions) => Binding;

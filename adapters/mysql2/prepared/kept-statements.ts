/**
 * Which statements stay prepared on one connection. The server has one limit for all of its connections together
 * (`max_prepared_stmt_count`, 16382 by default), and an ORM makes a new text for every length of a list. Pure.
 */

/** By what mysql2 knows a prepared statement again. */
export interface StatementOptions {
  readonly sql: string;
  readonly rowsAsArray?: unknown;
  readonly nestTables?: unknown;
}

/** How many stay. 32 processes with pools of 10 connections fit the server's default limit; with 250 it would be six. */
export const preparedStatements = 50;

/** So many of them are room for texts that were sent once. What comes again is not driven out by what does not. */
export const sentOnce = 10;

/** In characters. A longer one (thousands of rows in an INSERT) stays only until the next: both sides would keep all of its text in memory. */
export const longestPreparedStatement = 10_000;

export class KeptStatements {
  readonly #once = new Map<string, StatementOptions>();
  readonly #again = new Map<string, StatementOptions>();
  #long: StatementOptions | undefined;

  /** Notes that a statement is sent; returns those that are to be closed. */
  use(options: StatementOptions): readonly StatementOptions[] {
    const key = keyOf(options);
    const closed: StatementOptions[] = [];
    if (this.#long !== undefined && keyOf(this.#long) !== key) closed.push(this.#long);
    const isLong = options.sql.length > longestPreparedStatement;
    this.#long = isLong ? withoutValues(options) : undefined;
    if (isLong) return closed;

    const known = this.#again.get(key) ?? this.#once.get(key);
    this.#again.delete(key);
    this.#once.delete(key);
    (known === undefined ? this.#once : this.#again).set(key, known ?? withoutValues(options));
    if (this.#once.size + this.#again.size <= preparedStatements) return closed;
    const from = this.#once.size > sentOnce ? this.#once : this.#again;
    for (const [oldest, statement] of from) {
      from.delete(oldest);
      return [...closed, statement];
    }
    return closed;
  }

  /** Keeps none any longer; returns those that were kept. */
  clear(): readonly StatementOptions[] {
    const kept = [...this.#once.values(), ...this.#again.values(), ...(this.#long === undefined ? [] : [this.#long])];
    this.#once.clear();
    this.#again.clear();
    this.#long = undefined;
    return kept;
  }
}

/** Mostly the text itself, whose hash JavaScript keeps. */
function keyOf({ sql, rowsAsArray, nestTables }: StatementOptions): string {
  return rowsAsArray === true && nestTables === undefined ? sql : `${nestTables}/${rowsAsArray}\0${sql}`;
}

function withoutValues({ sql, rowsAsArray, nestTables }: StatementOptions): StatementOptions {
  return { sql, rowsAsArray, nestTables };
}

import { type ReplacedMethods, ResilientClient, type StatementResult } from '../mysql2/binding.ts';

/** Sends the statements of a database; through what has been put in the place of the methods of its `$client`, as Drizzle alone would. */
export class DatabaseClient extends ResilientClient {
  readonly #replaced: ReplacedMethods;

  constructor({ core, policy }: ResilientClient, replaced: ReplacedMethods) {
    super(core, policy);
    this.#replaced = replaced;
  }

  override query(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.#replaced.send('query', sql, values) ?? super.query(sql, values);
  }

  override execute(sql: unknown, values?: unknown): Promise<StatementResult> {
    return this.#replaced.send('execute', sql, values) ?? super.execute(sql, values);
  }
}

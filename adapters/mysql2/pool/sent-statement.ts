import type { PoolConnection } from 'mysql2';
import {
  type ClassifiedError,
  type Failure,
  isSafeRead,
  mayEndTransaction,
  readStatementKind,
  type StatementKind,
} from '../../../src/internal.ts';
import { type DriverCommand, sqlOf } from '../driver/command.ts';
import { allowsMultipleStatements, isEncodedFaithfully } from '../driver/connection.ts';
import type { HeaderStatus } from '../driver/result-header.ts';
import { isFittingAnswer, unfittingAnswer } from './fitting-answer.ts';

/**
 * One statement on its way, and what is known of it. Several may be under way on one connection, and each is judged by its own text and its own
 * failure. The text is read only after something went wrong.
 */
export class SentStatement {
  /** Undefined until mysql2 has made it. */
  command: DriverCommand | undefined;
  /** What it failed with. */
  failed: ClassifiedError | undefined;
  /** What its results say of the session; only where the packets of the server cannot be read. */
  status: HeaderStatus | undefined;
  readonly #connection: PoolConnection;
  /** Where the text was read for the answer: it is a read that is safe without leave to lock. */
  #isPlainRead = false;

  constructor(connection: PoolConnection) {
    this.#connection = connection;
  }

  /**
   * Whether the statement may be sent again, by its text as it went over the wire: parameters may bring SQL of their own (`mysql.raw()`). False
   * where the connection's charset cannot hold the text, which is not what went over the wire then.
   */
  isSafeRead(mayLock: boolean): boolean {
    const sql = sqlOf(this.command);
    if (sql === undefined || !isEncodedFaithfully(sql, this.#connection)) return false;
    return this.#isPlainRead || isSafeRead(sql, { mayLock });
  }

  /** Whether it may have ended the transaction that it ran in, by its text. */
  get mayCommit(): boolean {
    // mysql2 has refused to make it (a parameter that is undefined, say), so that nothing was sent.
    if (this.command === undefined) return false;
    const sql = sqlOf(this.command);
    return (
      sql === undefined || mayEndTransaction(sql, { multipleStatements: allowsMultipleStatements(this.#connection) })
    );
  }

  /** What its text says of it; undefined where that is not known. */
  get kind(): StatementKind | undefined {
    const sql = sqlOf(this.command);
    if (sql === undefined) return undefined;
    return readStatementKind(sql, { multipleStatements: allowsMultipleStatements(this.#connection) });
  }

  /** What it proved when it failed with this error, if that still holds. */
  recallFailure(error: unknown): Failure | undefined {
    return this.failed?.failureOf(error);
  }

  /** An answer that belongs to another statement is none: the error to fail with in its place. */
  unfitting(rows: unknown): Error | undefined {
    const sql = sqlOf(this.command);
    if (sql === undefined || allowsMultipleStatements(this.#connection)) return undefined;
    return isFittingAnswer(sql, rows, (text) => this.#readPlain(text)) ? undefined : unfittingAnswer();
  }

  #readPlain(sql: string): boolean {
    this.#isPlainRead = isSafeRead(sql);
    return this.#isPlainRead;
  }
}

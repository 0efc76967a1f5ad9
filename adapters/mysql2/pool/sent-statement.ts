import type { PoolConnection } from 'mysql2';
import {
  type ClassifiedError,
  type Failure,
  judgeRead,
  mayEndTransaction,
  type ReadVerdict,
  readStatementKind,
  type StatementKind,
  unsafeRead,
} from '../../../src/internal.ts';
import { type DriverCommand, sqlOf } from '../driver/command.ts';
import { allowsMultipleStatements, isEncodedFaithfully, serverVersionOf } from '../driver/connection.ts';
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
  readonly #safeFunctions: readonly string[];
  /** Where the text was read for the answer, which gives no leave to lock. */
  #plainVerdict: ReadVerdict | undefined;

  /** @param safeFunctions of the user, as in the policy */
  constructor(connection: PoolConnection, safeFunctions: readonly string[]) {
    this.#connection = connection;
    this.#safeFunctions = safeFunctions;
  }

  /**
   * Whether the statement may be sent again, by its text as it went over the wire: parameters may bring SQL of their own (`mysql.raw()`). Not so
   * where the connection's charset cannot hold the text, which is not what went over the wire then.
   */
  judgeRead(mayLock: boolean): ReadVerdict {
    const sql = sqlOf(this.command);
    if (sql === undefined) return unknownText;
    if (!isEncodedFaithfully(sql, this.#connection)) return unfaithfulText;
    return this.#plainVerdict?.isSafe ? this.#plainVerdict : this.#judge(sql, mayLock);
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
    this.#plainVerdict = this.#judge(sql, false);
    return this.#plainVerdict.isSafe;
  }

  #judge(sql: string, mayLock: boolean): ReadVerdict {
    return judgeRead(sql, { mayLock, server: serverVersionOf(this.#connection), safeFunctions: this.#safeFunctions });
  }
}

const unknownText = unsafeRead({ why: 'its text is not known' });
const unfaithfulText = unsafeRead({ why: 'the charset of its connection cannot hold its text' });

import { asBytes } from './ledger-query.ts';
import type { Token } from './token.ts';

/** The table's name where no other is given. */
export const defaultLedgerTable = 'gone_away_ledger';

/**
 * What a row says.
 *
 * - `committed`: the transaction of this token was committed, for it is that transaction which wrote the row.
 * - `fenced`: whoever was in doubt about it wrote the row in its place: it was not, and never will be.
 * - `pending`: the row of an idempotency key while its transaction runs; nobody else ever sees it, unless the callback committed by itself.
 * - `result`: the row of a key whose transaction was committed.
 */
export type LedgerState = 'committed' | 'fenced' | 'pending' | 'result';

/** The SQL type of each column; `ledgerSql()`, the Drizzle table and the Prisma model say the same. */
export const ledgerColumns = {
  token: 'VARBINARY(32) NOT NULL',
  state: 'VARCHAR(10) NOT NULL',
  // UTC. DATETIME and not TIMESTAMP: no session's time zone touches it.
  created_at: 'DATETIME NOT NULL',
  result: 'MEDIUMTEXT',
} as const;

/**
 * The statement that creates the ledger table of `exactlyOnce` and `idempotencyKey`, for your migrations. Can be run twice.
 *
 * @param table default `gone_away_ledger`; may have a database in front, as in `shop.gone_away_ledger`
 * @throws TypeError for a name that is none
 */
export function ledgerSql(table: string = defaultLedgerTable): string {
  return createTableSql(table);
}

/**
 * As {@link ledgerSql}, in this database.
 *
 * @throws TypeError for a name that is none
 */
export function createTableSql(table: string, database?: string): string {
  const name = quoteTable(table, database);
  const columns = Object.entries(ledgerColumns).map(([column, type]) => `  \`${column}\` ${type},\n`);
  const index = `\`${table.slice(table.indexOf('.') + 1).slice(0, 48)}_created_at_idx\``;
  return `CREATE TABLE IF NOT EXISTS ${name} (\n${columns.join('')}  PRIMARY KEY (\`token\`),\n  KEY ${index} (\`created_at\`)\n) ENGINE = InnoDB`;
}

/**
 * @param database where `table` has none in front
 * @throws TypeError for a name that is none
 */
export function quoteTable(table: string, database?: string): string {
  if (typeof table !== 'string' || !/^([\w$]{1,64}\.)?[\w$]{1,64}$/.test(table)) {
    throw new TypeError(
      `Expected \`table\` to be a name of letters, digits, _ and $, with or without a database in front, got ${typeof table === 'string' ? JSON.stringify((table as string).slice(0, 40)) : `a value of type ${typeof table}`}`,
    );
  }
  const name = `\`${table.replace('.', '`.`')}\``;
  return database === undefined || table.includes('.') ? name : `\`${database.replaceAll('`', '``')}\`.${name}`;
}

/** How long a transaction may be on its way to COMMIT before its row is dated anew, in milliseconds. */
export const refreshAfter = 1_200_000;

/**
 * How long after the (last) date of its row the end of a transaction may still be settled, in milliseconds: then the row may be pruned,
 * and its absence would prove nothing.
 */
export const settleBefore = 2_700_000;

/** The least age of rows that are pruned, in milliseconds. Above {@link settleBefore} by what the clocks of two machines may differ. */
export const leastPruneAge = 3_600_000;

/** The statements of the ledger. All values are of this package's own making and go as literals: no option of a pool reaches them. */
export interface LedgerStatements {
  /** First statement of a transaction: its token, which is seen by others when and if it commits. */
  claim(token: Token): string;
  /** The same, with the row of its key. The key comes first: who waits for it holds nothing yet that others wait for. */
  claimKey(key: Token, token: Token): string;
  /**
   * Takes the place of a token whose transaction is in doubt. Inserts nothing when the server's clock is past `notAfter` (seconds): this
   * process may have stood still since it asked itself whether it is too late.
   */
  fence(token: Token, notAfter: number): string;
  /** What the row says now. A locking read: it waits for whoever writes the row, and proxies send it to the writer. */
  read(token: Token): string;
  /** Last statement before COMMIT where there is a key. `json` is ASCII. */
  store(key: Token, json: string | undefined): string;
  /** Dates the row anew. */
  refresh(token: Token): string;
  /** Deletes a batch of the oldest rows. */
  prune(seconds: number, limit: number): string;
}

/**
 * @param database where `table` has none in front: sessions may have any other one
 * @throws TypeError for a name that is none
 */
export function ledgerStatements(table: string, database?: string): LedgerStatements {
  const name = quoteTable(table, database);
  const columns = '(token, state, created_at)';
  const row = (token: Token, state: LedgerState) => `X'${token}', '${state}', UTC_TIMESTAMP()`;
  return {
    claim: (token) => `INSERT INTO ${name} ${columns} VALUES (${row(token, 'committed')})`,
    claimKey: (key, token) =>
      `INSERT INTO ${name} ${columns} VALUES (${row(key, 'pending')}), (${row(token, 'committed')})`,
    fence: (token, notAfter) =>
      `INSERT INTO ${name} ${columns} SELECT ${row(token, 'fenced')} FROM DUAL WHERE UNIX_TIMESTAMP() < ${Math.floor(notAfter)}`,
    read: (token) =>
      `SELECT ${asBytes('state')}, ${asBytes('result')} FROM ${name} WHERE token = X'${token}' FOR UPDATE`,
    store: (key, json) =>
      `UPDATE ${name} SET state = 'result', created_at = UTC_TIMESTAMP(), result = ${json === undefined ? 'NULL' : `_ascii X'${Buffer.from(json, 'ascii').toString('hex')}'`} ` +
      `WHERE token = X'${key}' AND state = 'pending'`,
    refresh: (token) => `UPDATE ${name} SET created_at = UTC_TIMESTAMP() WHERE token = X'${token}'`,
    prune: (seconds, limit) =>
      `DELETE FROM ${name} WHERE created_at < UTC_TIMESTAMP() - INTERVAL ${Math.ceil(seconds)} SECOND ORDER BY created_at LIMIT ${limit}`,
  };
}

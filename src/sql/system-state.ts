/** What a session keeps of the statements before: another session has something else, so that reading it again there would be a false answer. */
const LEFT_BEHIND: ReadonlySet<string> = new Set([
  ...['IDENTITY', 'LAST_INSERT_ID', 'INSERT_ID', 'ERROR_COUNT', 'WARNING_COUNT', 'STATEMENT_ID'],
  ...[
    'LAST_GTID',
    'GTID_NEXT',
    'GTID_SEQ_NO',
    'WSREP_GTID_SEQ_NO',
    'IN_TRANSACTION',
    'TIMESTAMP',
    'RAND_SEED1',
    'RAND_SEED2',
  ],
  ...['DEFAULT_MASTER_CONNECTION', 'SKIP_PARALLEL_REPLICATION', 'SKIP_REPLICATION', 'SQL_LOG_BIN'],
  ...['IMMEDIATE_SERVER_VERSION', 'ORIGINAL_SERVER_VERSION', 'ORIGINAL_COMMIT_TIMESTAMP', 'REQUIRE_ROW_FORMAT'],
  ...[
    'PSEUDO_REPLICA_MODE',
    'PSEUDO_SLAVE_MODE',
    'PSEUDO_THREAD_ID',
    'RESULTSET_METADATA',
    'TRANSACTION_ALLOW_BATCHING',
  ],
  ...['SHOW_CREATE_TABLE_SKIP_SECONDARY_ENGINE', 'USE_SECONDARY_ENGINE'],
]);

/**
 * Whether this variable of the server has no global value, so that it is what earlier statements have made of it. All others are set for a session, and say what
 * holds there: that nobody has seen. PROXY_USER and EXTERNAL_USER are the account's, and stay the same.
 *
 * @param text `@@x`, or with GLOBAL, SESSION or LOCAL in between; in upper case
 */
export function isLeftByEarlierStatement(text: string): boolean {
  return LEFT_BEHIND.has(text.replace(/^@@(?:(?:GLOBAL|SESSION|LOCAL)\.)?/, ''));
}

const SESSION_TABLES: ReadonlySet<string> = new Set([
  'OPTIMIZER_TRACE',
  'PROFILING',
  'SESSION_STATUS',
  'SESSION_VARIABLES',
]);

/**
 * Whether a table of the server itself tells of earlier statements of the session that asks. In upper case. The others have no effect when they are read; those of
 * `sys` are views like those of users.
 */
export function tellsOfEarlierStatements(schema: string, table: string): boolean {
  return (schema === 'INFORMATION_SCHEMA' || schema === 'PERFORMANCE_SCHEMA') && SESSION_TABLES.has(table);
}

const COUNTERS: ReadonlySet<string> = new Set([
  'INNODB_CMP_RESET',
  'INNODB_CMPMEM_RESET',
  'INNODB_CMP_PER_INDEX_RESET',
]);

/** Whether reading this table sets back what it counts: those of information_schema, which may be a pool's database. In upper case. */
export function changesWhenRead(table: string): boolean {
  return COUNTERS.has(table);
}

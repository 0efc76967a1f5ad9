import type { Environment } from '../../../src/internal.ts';
import type { PoolCore } from '../pool/pool-core.ts';
import type { PoolUse } from '../pool/pool-use.ts';
import { missingTable, refusal } from './ledger-error.ts';
import { ledgerRows, type SendSql, textOf } from './ledger-query.ts';

/** What there is to know of a server and its ledger table. */
export interface LedgerFacts {
  /** Bytes that a stored result may have. */
  readonly longestResult: number;
  /** Server's clock minus ours, in seconds. */
  readonly clockOffset: number;
}

/** As the server describes itself and the table. */
export interface LedgerFindings {
  readonly version: string;
  readonly versionComment: string;
  readonly maxAllowedPacket: number;
  readonly table:
    | { readonly type: string; readonly engine: string; readonly beforeTriggers: number }
    /** Not there, or not to be seen by this user. */
    | undefined;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly bytes: number;
    readonly inPrimaryKey: boolean;
  }[];
}

/**
 * Servers that speak MySQL's protocol and whose unique keys do not make one transaction wait for the end of another, or of which nobody
 * has shown that they do. On these the proof of a settlement does not hold. By `VERSION()` and `version_comment`.
 */
const unfit: readonly { readonly name: string; readonly sign: RegExp; readonly why: string }[] = [
  {
    name: 'TiDB',
    sign: /tidb/i,
    why: 'in an optimistic transaction a duplicate is found at COMMIT, and holds nobody up',
  },
  { name: 'Vitess', sign: /vitess|planetscale/i, why: 'a transaction over several shards is committed shard by shard' },
  { name: 'OceanBase', sign: /oceanbase/i, why: 'nobody has shown that its storage engine makes a duplicate wait' },
  {
    name: 'PolarDB-X',
    sign: /polardb-?\s?x|tddl/i,
    why: 'a transaction over several shards is committed shard by shard',
  },
  { name: 'Dolt', sign: /dolt/i, why: 'transactions are merged at COMMIT, and hold nobody up' },
  { name: 'SingleStore', sign: /singlestore|memsql/i, why: 'its storage engines are not InnoDB' },
  { name: 'StarRocks', sign: /starrocks|doris/i, why: 'it has no transactions of this kind' },
];

/** What a transaction needs to rest on this table, or why it cannot. Pure. */
export function judgeLedger(
  table: string,
  found: LedgerFindings,
): { readonly longestResult: number } | { readonly why: string } {
  const server = `${found.version} ${found.versionComment}`;
  const match = unfit.find(({ sign }) => sign.test(server));
  if (match !== undefined) {
    return { why: `${match.name} cannot settle a COMMIT in doubt by a unique key: ${match.why}` };
  }
  const facts = found.table;
  if (facts === undefined) return { why: 'missing' };
  if (facts.type !== 'BASE TABLE') return { why: `\`${table}\` is no table but a ${facts.type.toLowerCase()}` };
  if (facts.engine.toLowerCase() !== 'innodb') {
    return {
      why: `\`${table}\` is a table of ${facts.engine || 'no engine'}, and has to be one of InnoDB: its rows have to come and go with the transaction`,
    };
  }
  if (facts.beforeTriggers > 0) return { why: `\`${table}\` has a BEFORE trigger, which may change what its rows say` };
  const column = (name: string) => found.columns.find((candidate) => candidate.name === name);
  for (const name of ['token', 'state', 'created_at', 'result']) {
    if (column(name) === undefined) return { why: `\`${table}\` has no column \`${name}\`` };
  }
  const token = column('token');
  if (token?.type !== 'varbinary' || token.bytes < 32) return { why: `\`${table}.token\` has to be VARBINARY(32)` };
  if (found.columns.some(({ name, inPrimaryKey }) => inPrimaryKey !== (name === 'token'))) {
    return { why: `the primary key of \`${table}\` has to be \`token\` and nothing else` };
  }
  // It goes as hexadecimal digits, in a statement with a few words around them.
  const packet = Math.max(0, Math.floor((found.maxAllowedPacket - 1_024) / 2));
  return { longestResult: Math.min(column('result')?.bytes ?? 0, packet) };
}

const checked = new WeakMap<PoolCore, Map<string, LedgerFacts>>();

/**
 * Looks once per pool whether the ledger can be relied on: two round trips.
 *
 * @param database that of the pool, where the name of the table has none in front
 * @throws LedgerError naming what is missing or unfit; what asking failed with
 */
export async function checkLedger(
  { core, policy: { ledgerTable: table } }: PoolUse,
  database: string | undefined,
  send: SendSql,
): Promise<LedgerFacts> {
  const known = checked.get(core)?.get(table);
  if (known !== undefined) return known;
  const { findings, clockOffset } = await readFindings(table, database, send, core.environment);
  const verdict = judgeLedger(table, findings);
  if ('why' in verdict)
    throw verdict.why === 'missing' ? missingTable(table, database) : refusal(`${verdict.why}. Nothing was executed.`);
  const facts: LedgerFacts = Object.freeze({ longestResult: verdict.longestResult, clockOffset });
  const tables = checked.get(core) ?? new Map<string, LedgerFacts>();
  checked.set(core, tables.set(table, facts));
  return facts;
}

/** The table is not as it was: look again the next time. */
export function forgetLedger({ core, policy }: PoolUse): void {
  checked.get(core)?.delete(policy.ledgerTable);
}

async function readFindings(
  table: string,
  ofPool: string | undefined,
  send: SendSql,
  { wallClock }: Pick<Environment, 'wallClock'>,
): Promise<{ findings: LedgerFindings; clockOffset: number }> {
  const [database = '', name] = table.includes('.') ? table.split('.') : [ofPool, table];
  // Nobody says what characters a database's name has, nor what a session takes a backslash for.
  const schema = /^[\w$-]*$/.test(database) ? `'${database}'` : `_utf8mb4 X'${Buffer.from(database).toString('hex')}'`;
  const [about = []] = await ledgerRows(
    send,
    `SELECT VERSION(), @@version_comment, @@max_allowed_packet, UNIX_TIMESTAMP(), t.table_type, t.engine, (SELECT COUNT(*) FROM information_schema.triggers g WHERE g.event_object_schema = ${schema} AND g.event_object_table = '${name}' AND g.action_timing = 'BEFORE') FROM (SELECT 1 AS one) d LEFT JOIN information_schema.tables t ON t.table_schema = ${schema} AND t.table_name = '${name}'`,
  );
  const clockOffset = Number(about[3]) - wallClock() / 1_000;
  const columns = await ledgerRows(
    send,
    `SELECT column_name, data_type, character_octet_length, column_key FROM information_schema.columns WHERE table_schema = ${schema} AND table_name = '${name}' LIMIT 4096`, // all that a table can have: a `sql_select_limit` is not to leave any out
  );
  const type = textOf(about[4]);
  return {
    clockOffset,
    findings: {
      version: String(about[0]),
      versionComment: String(about[1]),
      maxAllowedPacket: Number(about[2]),
      table:
        type === null ? undefined : { type, engine: textOf(about[5]) ?? '', beforeTriggers: Number(about[6] ?? 0) },
      columns: columns.map(([column, dataType, bytes, key]) => ({
        name: String(column).toLowerCase(),
        type: String(dataType).toLowerCase(),
        bytes: Number(bytes ?? 0),
        inPrimaryKey: String(key) === 'PRI',
      })),
    },
  };
}

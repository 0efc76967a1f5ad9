import { classify, type Environment } from '../../../src/internal.ts';
import type { Lease, StatementLimits, StatementResult } from '../pool/lease.ts';

/** How the ledger sends a statement on the connection that it works on. */
export type SendSql = (sql: object) => Promise<StatementResult>;

/** Sends on this lease. No statement is waited for longer than its limits say, nor beyond `deadline`, which is on the clock of `now`; in its place there may be a `timeout` of mysql2's for each. */
export function sendUntil(
  lease: Pick<Lease, 'run'>,
  deadline: number,
  { attemptTimeout, signal }: StatementLimits,
  { now }: Pick<Environment, 'now'>,
  timeout?: number,
): SendSql {
  if (timeout !== undefined) {
    return (sql) => lease.run('untraced', { ...sql, timeout }, undefined, { attemptTimeout, signal });
  }
  return (sql) => {
    const left = Math.max(1, deadline - now());
    const limit = Math.min(attemptTimeout ?? Number.POSITIVE_INFINITY, left);
    const limits = { attemptTimeout: Number.isFinite(limit) ? limit : undefined, signal };
    return lease.run('untraced', sql, undefined, limits);
  };
}

/** The rows of a statement of the ledger, whatever the options of the pool would make of them. */
export async function ledgerRows(send: SendSql, sql: string): Promise<readonly (readonly unknown[])[]> {
  const [rows] = await send({ sql, rowsAsArray: true, nestTables: false, typeCast: true });
  return rows as readonly (readonly unknown[])[];
}

/** How many rows a statement of the ledger has inserted, found or deleted. */
export async function ledgerChange(send: SendSql, sql: string): Promise<number> {
  const [result] = await send({ sql });
  return Number((result as { affectedRows?: unknown } | undefined)?.affectedRows ?? 0);
}

/**
 * Text that is ASCII, as bytes: what the server makes of it for this session (`character_set_results`) is not always what it was. In sjis, for one, a backslash
 * comes as another character.
 */
export function asBytes(text: string): string {
  return `CAST(CONVERT(${text} USING ascii) AS BINARY)`;
}

/** What was asked for as bytes, as text. */
export function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** ER_DUP_ENTRY: the token is taken, by a transaction that was committed. */
export function isDuplicate(error: unknown): boolean {
  return classify(error).errno === 1062;
}

/** ER_LOCK_WAIT_TIMEOUT: the token is taken, by somebody who has not ended yet. */
export function isLockWait(error: unknown): boolean {
  return classify(error).errno === 1205;
}

/** ER_NO_SUCH_TABLE */
export function isMissingTable(error: unknown): boolean {
  return classify(error).errno === 1146;
}

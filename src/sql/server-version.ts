/** What a server is, by its own word. */
export interface ServerVersion {
  readonly family: 'mysql' | 'mariadb';
  /** 80027 for 8.0.27. */
  readonly number: number;
}

/** MariaDB 10 puts 5.5.5- in front, for old replicas that would not take a version of two digits. */
const MARIADB = /^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)(?:-\d+)?-mariadb\b/i;
/** What builds of MySQL have behind the number. Not a name of another product that speaks the same protocol (TiDB, Vitess). */
const MYSQL =
  /^(\d+)\.(\d+)\.(\d+)(?:-(?:\d[\w.~+-]*|log|debug|google|azure|cloud|u\d+|cluster|commercial|enterprise))*$/i;

/**
 * Reads the version that a server greets with, or that VERSION() returns. What a proxy greets with is its own choice: ProxySQL says 8.0.11 whatever stands behind it,
 * unless it is told otherwise, and of that version nothing is known here.
 *
 * @returns undefined where that is neither MySQL's nor MariaDB's
 */
export function readServerVersion(text: unknown): ServerVersion | undefined {
  if (typeof text !== 'string') return undefined;
  const mariadb = MARIADB.exec(text);
  const [, major, minor, patch] = mariadb ?? MYSQL.exec(text) ?? [];
  if (major === undefined) return undefined;
  const number = Number(major) * 10_000 + Number(minor) * 100 + Number(patch);
  return { family: mariadb === null ? 'mysql' : 'mariadb', number };
}

import type { PoolOptions } from 'mysql2/promise';

/**
 * The options to make a pool from; undefined if this is something else, a pool for example.
 *
 * @throws TypeError for a URL that is none, or not MySQL's
 */
export function poolOptions(source: unknown): PoolOptions | undefined {
  if (typeof source === 'string') return fromUrl(source);
  return isOptions(source) ? { ...source } : undefined;
}

function isOptions(source: unknown): source is PoolOptions {
  if (typeof source !== 'object' || source === null || 'getConnection' in source) return false;
  const prototype: unknown = Object.getPrototypeOf(source);
  return prototype === Object.prototype || prototype === null;
}

function fromUrl(text: string): PoolOptions {
  if (!URL.canParse(text)) throw new TypeError('Expected a URL: mysql://user:password@host:3306/database');
  const url = new URL(text);
  if (!/^(mysql2?|mariadb):$/.test(url.protocol)) {
    throw new TypeError(`Expected a URL that begins with mysql:// or mariadb://, got ${url.protocol}//`);
  }
  const { hostname } = url;
  const options: Record<string, unknown> = {
    host: decodeURIComponent(hostname.startsWith('[') ? hostname.slice(1, -1) : hostname),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
  for (const [name, value] of url.searchParams) Object.assign(options, parameter(name, value));
  return options;
}

/** Parameters that Prisma's URLs have for MySQL, in mysql2's terms; others are mysql2's own, and JSON where they parse as such. */
function parameter(name: string, value: string): object {
  switch (name) {
    case 'connection_limit':
      return { connectionLimit: Number(value) };
    case 'connect_timeout':
      return { connectTimeout: Number(value) * 1000 };
    case 'statement_cache_size':
      return { maxPreparedStatements: Math.max(1, Number(value)) };
    case 'socket':
      return { socketPath: value };
    case 'sslaccept':
      return { ssl: { rejectUnauthorized: value === 'strict' } };
    default:
      return { [name]: parsed(value) };
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

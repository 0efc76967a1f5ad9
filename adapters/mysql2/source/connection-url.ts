import type { PoolOptions } from 'mysql2/promise';

/**
 * The options that a URL stands for. Pure.
 *
 * @throws TypeError for a URL that is none, or not MySQL's, and for a part of it that cannot be read
 */
export function optionsFromUrl(text: string): PoolOptions {
  if (!URL.canParse(text)) throw new TypeError('Expected a URL: mysql://user:password@host:3306/database');
  const url = new URL(text);
  if (!/^(mysql2?|mariadb):$/.test(url.protocol)) {
    throw new TypeError(`Expected a URL that begins with mysql:// or mariadb://, got ${url.protocol}//`);
  }
  const { hostname } = url;
  const options: Record<string, unknown> = {
    host: decodePart('host', hostname.startsWith('[') ? hostname.slice(1, -1) : hostname),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodePart('user', url.username),
    password: decodePart('password', url.password),
    database: decodePart('database', url.pathname.slice(1)),
  };
  for (const [name, value] of url.searchParams) Object.assign(options, optionsOfParameter(name, value));
  return options;
}

/** Never repeats the text: it may be a password. */
function decodePart(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`Expected the ${name} in the URL to be percent-encoded, with %25 for a percent sign`);
  }
}

function wholeNumber(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new TypeError(`Expected \`${name}\` in the URL to be a whole number, got something else`);
}

/** Parameters that Prisma's URLs have for MySQL, in mysql2's terms; others are mysql2's own, and JSON where they parse as such. */
function optionsOfParameter(name: string, value: string): object {
  switch (name) {
    case 'connection_limit':
      return { connectionLimit: wholeNumber(name, value) };
    case 'connect_timeout':
      return { connectTimeout: wholeNumber(name, value) * 1000 };
    case 'statement_cache_size':
      return { maxPreparedStatements: Math.max(1, wholeNumber(name, value)) };
    case 'socket':
      return { socketPath: value };
    case 'sslaccept':
      return { ssl: { rejectUnauthorized: value === 'strict' } };
    case '__proto__':
      throw new TypeError('Unexpected `__proto__` in the URL');
    default:
      return { [name]: parseValue(value) };
  }
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

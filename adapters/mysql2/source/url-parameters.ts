import type { PoolOptions } from 'mysql2/promise';
import type { CallOptions } from '../../../src/internal.ts';

/** What a URL says of gone-away's own limits. In milliseconds. */
export type UrlLimits = Pick<CallOptions, 'acquireTimeout' | 'attemptTimeout'>;

/** What one parameter of a URL means. */
export interface Meaning {
  readonly options?: PoolOptions;
  readonly limits?: UrlLimits;
  /** Of TLS, for which there are several parameters. */
  readonly tls?: Tls;
}

/** `false`: none. A text: a profile of mysql2. */
export type Tls = false | string | object;

type Read = (name: string, value: string) => Meaning;

const certificates = 'gone-away reads no files. Give the options of a pool: { uri, ssl: { ca, cert, key } }, as texts';

const archives = 'mysql2 reads no PKCS12 archive. Give the options of a pool: { uri, ssl: { cert, key, passphrase } }';

const otherTls = 'for TLS there is `ssl-mode`, with the values of the MySQL client';

const inFront = 'it has its place in front of the parameters: mysql://user:password@host:3306/database';

/** Known parameters of Prisma and of other clients that mean nothing here, with what to do instead. mysql2 would go on without them, or without TLS. */
const elsewhere: Readonly<Record<string, string>> = {
  ...named(['sslcert', 'sslca', 'sslkey', 'sslrootcert', 'ssl-ca', 'ssl-cert', 'ssl-key'], certificates),
  ...named(['ssl_ca', 'ssl_cert', 'ssl_key'], certificates),
  ...named(['sslidentity', 'sslpassword'], archives),
  ...named(['useSSL', 'requireSSL', 'verifyServerCertificate', 'tls'], otherTls),
  ...named(['host', 'port', 'user', 'password', 'database'], inFront),
  schema: 'the database is the path of the URL. To name it in front of tables there is `schemaName` of PrismaMySQL2',
  max_connection_lifetime: 'there is `liveness: { maxLifetime }` of the policy, in milliseconds',
  max_idle_connection_lifetime: 'there is `liveness: { idleTimeout }` of the policy, in milliseconds',
  credentials: 'it is a function, in the options of a pool: { uri, credentials }',
  uri: 'there is one already',
};

function named(names: readonly string[], hint: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, hint]));
}

/** Source: Prisma, "Connection URL" of MySQL; its times are in seconds, and 0 is none. MySQL, "Command Options for Encrypted Connections". */
const honoured: Readonly<Record<string, Read>> = {
  connection_limit: (name, value) => ({ options: { connectionLimit: wholeNumber(name, value, 1) } }),
  connect_timeout: (name, value) => ({ options: { connectTimeout: seconds(name, value) } }),
  pool_timeout: (name, value) => ({ limits: { acquireTimeout: seconds(name, value) || undefined } }),
  socket_timeout: (name, value) => ({ limits: { attemptTimeout: seconds(name, value) || undefined } }),
  // mysql2 has no value for none.
  statement_cache_size: (name, value) => ({ options: { maxPreparedStatements: wholeNumber(name, value) || 1 } }),
  socket: (_, value) => ({ options: { socketPath: value } }),
  sslaccept: (name, value) => ({ tls: oneOf(name, value, accepted) }),
  ssl: (name, value) => ({ tls: readTls(name, value) }),
  sslmode: (name, value) => ({ tls: readMode(name, value) }),
  sslMode: (name, value) => ({ tls: readMode(name, value) }),
  ssl_mode: (name, value) => ({ tls: readMode(name, value) }),
  'ssl-mode': (name, value) => ({ tls: readMode(name, value) }),
};

const accepted: Readonly<Record<string, Tls>> = {
  strict: { rejectUnauthorized: true },
  accept_invalid_certs: { rejectUnauthorized: false },
};

const modes: Readonly<Record<string, Tls>> = {
  disable: false,
  disabled: false,
  require: { rejectUnauthorized: false },
  required: { rejectUnauthorized: false },
  verify_ca: { rejectUnauthorized: true },
  verify_identity: { rejectUnauthorized: true, verifyIdentity: true },
};

/**
 * What a parameter of a URL means. Those that nobody knows are options of mysql2, as it reads them: JSON where they parse as such. Pure.
 *
 * @throws TypeError for one that cannot be honoured, with what to do instead. Never repeats a value, which may be a part of a password
 */
export function meaningOf(name: string, value: string): Meaning {
  if (name === '__proto__') throw new TypeError('Unexpected `__proto__` in the URL');
  if (Object.hasOwn(elsewhere, name)) throw new TypeError(`Unexpected \`${name}\` in the URL: ${elsewhere[name]}`);
  const read = Object.hasOwn(honoured, name) ? honoured[name] : undefined;
  if (read !== undefined) return read(name, value);
  const parsed = parseJson(value);
  return { options: { [name]: parsed === undefined ? value : parsed } };
}

/** The value of JSON; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readTls(name: string, value: string): Tls {
  const parsed = parseJson(value);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  if (value === 'Amazon RDS') return value;
  return oneOf(name, value, { true: {}, false: false, 1: {}, 0: false }, ['Amazon RDS', 'TLS options as JSON']);
}

function readMode(name: string, value: string): Tls {
  return oneOf(name, value.toLowerCase().replace('-', '_'), modes);
}

function oneOf<T>(name: string, value: string, values: Readonly<Record<string, T>>, others: readonly string[] = []): T {
  if (Object.hasOwn(values, value)) return values[value] as T;
  throw wrongValue(name, `one of ${[...Object.keys(values), ...others].join(', ')}`);
}

function seconds(name: string, value: string): number {
  const whole = wholeNumber(name, value);
  // The longest delay that a timer of Node.js keeps; a longer one would fire at once.
  if (whole > 2_147_483) throw wrongValue(name, 'a whole number of seconds, at most 2147483');
  return whole * 1_000;
}

function wholeNumber(name: string, value: string, least = 0): number {
  if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
  throw wrongValue(name, `a whole number${least > 0 ? ` from ${least}` : ''}`);
}

function wrongValue(name: string, expected: string): TypeError {
  return new TypeError(`Expected \`${name}\` in the URL to be ${expected}, got something else`);
}

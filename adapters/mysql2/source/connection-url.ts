import type { PoolOptions } from 'mysql2/promise';
import { meaningOf, parseJson, type Tls, type UrlLimits } from './url-parameters.ts';

/** What a URL stands for. */
export interface ConnectionUrl {
  readonly options: PoolOptions;
  readonly limits: UrlLimits;
}

const example = 'mysql://user:password@host:3306/database';

const encode = 'with what is special in it percent-encoded (encodeURIComponent)';

/**
 * Reads a URL as mysql2 does, and the parameters of Prisma's URLs as well. Pure.
 *
 * @throws TypeError for a URL that is none, or not MySQL's; for one in which a user or a password ends too early; for a parameter that cannot be
 *   honoured. No message repeats a part of the URL that may belong to a password
 */
export function readConnectionUrl(text: string): ConnectionUrl {
  expectEncoded(text);
  if (!URL.canParse(text)) throw new TypeError(`Expected a URL: ${example}, ${encode}`);
  const url = new URL(text);
  if (!/^(mysql2?|mariadb):$/.test(url.protocol) || !/^\s*\w+:\/\//.test(text)) {
    throw new TypeError(`Expected a URL that begins with mysql:// or mariadb://${otherDatabase(url.protocol)}`);
  }
  const { hostname } = url;
  const host = decodePart('host', hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);
  if (host.startsWith('/')) {
    throw new TypeError('Expected the host in the URL to be a name or an address: a socket file goes into `?socket=`');
  }
  const place: PoolOptions = {
    host,
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodePart('user', url.username),
    password: decodePart('password', url.password),
    database: decodePart('database', url.pathname.slice(1)),
  };
  return withParameters(place, url.searchParams);
}

/** Of each name the first, as with mysql2. */
function withParameters(place: PoolOptions, parameters: URLSearchParams): ConnectionUrl {
  const names = [...new Set(parameters.keys())];
  const meanings = names.map((name) => ({ name, ...meaningOf(name, parameters.get(name) ?? '') }));
  const tls = meanings.filter((meaning) => meaning.tls !== undefined) as readonly NamedTls[];
  const ssl = tls.length === 0 ? undefined : tls.reduce(joinTls).tls;
  return {
    options: Object.assign(
      {},
      ...meanings.map(({ options }) => options).reverse(),
      ssl !== undefined && { ssl },
      place,
    ),
    limits: Object.assign({}, ...meanings.map(({ limits }) => limits)),
  };
}

interface NamedTls {
  readonly name: string;
  readonly tls: Tls;
}

/** One may say that there is TLS, and another one how. */
function joinTls(first: NamedTls, second: NamedTls): NamedTls {
  const name = second.name;
  if (first.tls === second.tls) return second;
  if (typeof first.tls === 'object' && typeof second.tls === 'object') {
    const both = { ...first.tls, ...second.tls };
    // Whatever is in both, is the same.
    if (JSON.stringify(both) === JSON.stringify({ ...both, ...first.tls })) return { name, tls: both };
  }
  throw new TypeError(`Expected \`${first.name}\` and \`${name}\` in the URL to say the same of TLS`);
}

/**
 * A user or a password with a raw `/`, `?` or `#` in it ends there: what follows would be a path, a parameter or nothing, and the host another one. As a URL
 * that is no mistake, so it is looked for what gives it away: an `@` behind the place where a host can be.
 */
function expectEncoded(text: string): void {
  const trimmed = text.trim();
  const [, path = '', query = ''] = /^\w+:\/\/[^/?#]*([^?#]*)\??([^#]*)/.exec(trimmed) ?? [];
  const isMisplaced = trimmed.includes('#') || path.includes('@') || query.split('&').some(isOddParameter);
  // Line breaks and tabs are dropped in silence.
  if (!isMisplaced && !/[\t\r\n]/.test(trimmed)) return;
  throw new TypeError(
    `Expected user, password and all other parts of the URL to be percent-encoded (encodeURIComponent): a raw / ? # or @ in one ends it too early. ${example}`,
  );
}

function isOddParameter(pair: string): boolean {
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  if (/[@/:]/.test(name)) return true;
  // In JSON it may mean something.
  return value.includes('@') && typeof parseJson(new URLSearchParams(pair).get(name) ?? '') !== 'object';
}

/** Never repeats the text: it may be a password. */
function decodePart(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`Expected the ${name} in the URL to be percent-encoded, with %25 for a percent sign`);
  }
}

/** A scheme that is none of these may be the beginning of something secret. */
function otherDatabase(protocol: string): string {
  return /^(postgres(ql)?|prisma(\+postgres)?|sqlite|file|sqlserver|mongodb(\+srv)?|jdbc|https?):$/.test(protocol)
    ? `, got ${protocol}`
    : '';
}

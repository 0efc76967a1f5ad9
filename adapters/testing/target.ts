import { expectOptions, expectThat } from './checks.ts';

/** Where the server is: at a host and a port, or at a socket file. */
export interface ServerAddress {
  /** A name or an address. Default `'localhost'`. */
  readonly host?: string | undefined;
  /** Default 3306. */
  readonly port?: number | undefined;
  /** The path of a socket file, in the place of host and port. */
  readonly socketPath?: string | undefined;
}

/** What a proxy stands in front of. */
export interface Target {
  /** As `connect()` of `node:net` takes it. */
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string };
  /** What clients are given in the place of the server's URL. */
  urlOf(host: string, port: number): string;
}

const defaultPort = 3306;

const example = 'mysql://user:password@host:3306/database';

/**
 * Reads what a proxy is created with. Pure.
 *
 * @throws TypeError for what is no address of a server. No message repeats a part of a URL, which may have a password
 */
export function readTarget(given: unknown): Target {
  if (typeof given === 'string') return readUrl(given);
  // One that was made in another realm, as runners of tests have them, is no instance of this one's class.
  if (typeof given === 'object' && given !== null && 'href' in given) return readUrl(String(given.href));
  expectThat(typeof given === 'object' && given !== null, 'the server', given, `a URL, or { host, port, socketPath }`);
  return readAddress(given);
}

function readAddress(given: object): Target {
  expectOptions('the address of the server', given, ['host', 'port', 'socketPath']);
  const { host, port, socketPath } = given;
  const urlOf: Target['urlOf'] = (ownHost, ownPort) => `mysql://${ownHost}:${ownPort}`;
  if (socketPath !== undefined) {
    expectThat(typeof socketPath === 'string' && socketPath !== '', '`socketPath`', socketPath, 'a path');
    if (host !== undefined || port !== undefined) {
      throw new TypeError('Expected either `socketPath`, or `host` and `port`, got both');
    }
    return { place: { path: socketPath }, urlOf };
  }
  const place = { host: host ?? 'localhost', port: port ?? defaultPort };
  expectHost('`host`', place.host);
  expectPort('`port`', place.port);
  return { place: { host: place.host, port: place.port }, urlOf };
}

function readUrl(text: string): Target {
  if (!URL.canParse(text)) throw new TypeError(`Expected a URL of a server: ${example}, got a text that is none`);
  const url = new URL(text);
  if (!/^(mysql2?|mariadb):$/.test(url.protocol)) {
    throw new TypeError(
      'Expected a URL that begins with mysql:// or mariadb://, got one that begins with something else',
    );
  }
  // A raw / ? or # in a password ends it there, and what follows has the @.
  if (url.pathname.includes('@') || url.hash !== '') {
    throw new TypeError('Expected user and password in the URL to be percent-encoded (encodeURIComponent)');
  }
  const socketPath = url.searchParams.get('socketPath') ?? url.searchParams.get('socket');
  // With these, whoever gets the URL of the proxy would connect past it.
  for (const name of ['socketPath', 'socket']) url.searchParams.delete(name);
  const urlOf: Target['urlOf'] = (host, port) => {
    const own = new URL(url);
    own.hostname = host;
    own.port = String(port);
    return own.href;
  };
  if (socketPath !== null) return { place: { path: socketPath }, urlOf };
  const host = decodeURIComponent(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  expectHost('the host in the URL', host);
  return { place: { host, port: url.port === '' ? defaultPort : Number(url.port) }, urlOf };
}

function expectHost(name: string, value: unknown): asserts value is string {
  const holds = typeof value === 'string' && /^[^\s/@]+$/.test(value);
  expectThat(holds, name, value, 'a name or an address (a URL is given in the place of the whole object)');
}

function expectPort(name: string, value: unknown): asserts value is number {
  const holds = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535;
  expectThat(holds, name, value, 'a whole number from 1 to 65535');
}

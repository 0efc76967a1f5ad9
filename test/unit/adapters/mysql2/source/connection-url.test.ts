import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConnectionUrl } from '../../../../../adapters/mysql2/source/connection-url.ts';

const place = { host: 'h', port: 3306, user: 'u', password: 'p', database: 'd' };
const optionsOf = (parameters: string) => readConnectionUrl(`mysql://u:p@h/d${parameters}`).options;
const strict = { rejectUnauthorized: true };
const lax = { rejectUnauthorized: false };

describe('the place and the user', () => {
  it.each([
    ['mysql://u:p@h/d', place],
    ['mariadb://u:p@h/d', place],
    ['mysql2://u:p@h/d', place],
    [' mysql://u:p@h/d\n', place],
    ['mysql://u:p@h:3307/d', { ...place, port: 3307 }],
    ['mysql://u@h/d', { ...place, password: '' }],
    ['mysql://h', { ...place, user: '', password: '', database: '' }],
    [
      'mysql://us%40er:p%3F%23%2Fw@[::1]:3307/da%2Fta',
      { ...place, host: '::1', port: 3307, user: 'us@er', password: 'p?#/w', database: 'da/ta' },
    ],
    // An `@` alone leaves no doubt, and mysql2 reads it so as well.
    ['mysql://u:p@ss:word@h/d', { ...place, password: 'p@ss:word' }],
  ])('of %s', (url, options) => {
    expect(readConnectionUrl(url)).toEqual({ options, limits: {} });
  });

  it('are those that were meant, whatever is in a password that is percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        const { options } = readConnectionUrl(`mysql://u:${encodeURIComponent(password)}@h/d`);
        expect(options).toEqual({ ...place, password });
      }),
    );
  });

  it('are never others because of what a password has in it: it is read, or refused and not repeated', () => {
    const odd = fc.constantFrom(
      '/',
      '?',
      '#',
      '@',
      ':',
      '&',
      '=',
      '%',
      '1',
      '33',
      'SECRET',
      '{}',
      '"',
      ' ',
      '\\',
      '[',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 6 }), (parts) => {
        const password = parts.join('');
        try {
          expect(readConnectionUrl(`mysql://u:${password}@h/d`).options).toMatchObject({
            host: 'h',
            port: 3306,
            database: 'd',
          });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect((error as Error).message).not.toContain('SECRET');
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'mysql://u:12#ss@h/d',
    'mysql://u:12/ss@h/d',
    'mysql://u:12?ss@h/d',
    'mysql://u:12?a=ss@h/d',
    'mysql://u:p@12/ss@h/d',
    'mysql://u:pa#ss@h/d',
    'mysql://u:pa/ss@h/d',
    'mysql://u:p\tss@h/d',
  ])('are not another host where a password ends too early: %s', (url) => {
    expect(() => readConnectionUrl(url)).toThrow(/percent-encoded \(encodeURIComponent\): a raw \/ \? # or @/);
    expect(() => readConnectionUrl(url)).toThrow(/^(?!.*ss@)/);
  });

  it.each([
    ['SECRET', /^Expected a URL: mysql:/],
    ['', /^Expected a URL: mysql:/],
    ['mysql://u:SECRET@h:99999999/d', /^Expected a URL: mysql:/],
    ['SECRET:x', /^Expected a URL that begins with mysql:\/\/ or mariadb:\/\/$/],
    ['postgres://u:SECRET@h/d', /begins with mysql:.*, got postgres:$/],
    ['jdbc:mysql://h/d?password=SECRET', /, got jdbc:$/],
    ['mysql:h/SECRET', /^Expected a URL that begins with mysql:/],
    ['mysql://u:SECRET%zz@h/d', /^Expected the password in the URL to be percent-encoded/],
    ['mysql://u:SECRET@%2Ftmp%2Fmysql.sock/d', /a socket file goes into `\?socket=`$/],
  ])('are refused, and not repeated: %s', (url, message) => {
    expect(() => readConnectionUrl(url)).toThrow(message);
    expect(() => readConnectionUrl(url)).toThrow(TypeError);
    expect(() => readConnectionUrl(url)).toThrow(/^(?!.*SECRET)/i);
  });
});

describe('the parameters', () => {
  it.each<[string, object]>([
    ['?connection_limit=5', { connectionLimit: 5 }],
    ['?connect_timeout=3', { connectTimeout: 3_000 }],
    ['?connect_timeout=0', { connectTimeout: 0 }],
    ['?statement_cache_size=0', { maxPreparedStatements: 1 }],
    ['?statement_cache_size=100', { maxPreparedStatements: 100 }],
    ['?socket=/tmp/mysql.sock', { socketPath: '/tmp/mysql.sock' }],
    ['?sslaccept=strict', { ssl: strict }],
    ['?sslaccept=accept_invalid_certs', { ssl: lax }],
    ['?ssl=true', { ssl: {} }],
    ['?ssl=1', { ssl: {} }],
    ['?ssl=false', { ssl: false }],
    ['?ssl=Amazon%20RDS', { ssl: 'Amazon RDS' }],
    ['?ssl={"rejectUnauthorized":true,"passphrase":"a@b"}', { ssl: { ...strict, passphrase: 'a@b' } }],
    ['?ssl-mode=REQUIRED', { ssl: lax }],
    ['?ssl-mode=VERIFY_CA', { ssl: strict }],
    ['?ssl_mode=VERIFY_IDENTITY', { ssl: { ...strict, verifyIdentity: true } }],
    ['?sslmode=verify-ca', { ssl: strict }],
    ['?sslMode=DISABLED', { ssl: false }],
    ['?ssl=true&sslaccept=accept_invalid_certs', { ssl: lax }],
    ['?sslaccept=strict&ssl={"ca":"text"}', { ssl: { ...strict, ca: 'text' } }],
    ['?sslaccept=strict&ssl-mode=VERIFY_IDENTITY', { ssl: { ...strict, verifyIdentity: true } }],
    ['?ssl=false&ssl-mode=DISABLED', { ssl: false }],
    [
      '?charset=utf8mb4&debug=false&connectAttributes={"a":"b@c"}',
      { charset: 'utf8mb4', debug: false, connectAttributes: { a: 'b@c' } },
    ],
    // Of the same name the first, as with mysql2, which also says what it does not know.
    ['?connectionLimit=3&connectionLimit=4&connection_limit=5&other=x', { connectionLimit: 3, other: 'x' }],
  ])('of mysql2 and of Prisma are honoured: %s', (parameters, options) => {
    expect(optionsOf(parameters)).toEqual({ ...place, ...options });
  });

  it.each([
    ['?pool_timeout=10', { acquireTimeout: 10_000 }],
    ['?socket_timeout=20', { attemptTimeout: 20_000 }],
    ['?pool_timeout=1&socket_timeout=2', { acquireTimeout: 1_000, attemptTimeout: 2_000 }],
    ['?pool_timeout=0&socket_timeout=0', { acquireTimeout: undefined, attemptTimeout: undefined }],
  ])("of Prisma that are limits of gone-away's: %s", (parameters, limits) => {
    expect(readConnectionUrl(`mysql://u:p@h/d${parameters}`)).toEqual({ options: place, limits });
  });

  it.each<[string, RegExp]>([
    [
      '?connection_limit=SECRET',
      /^Expected `connection_limit` in the URL to be a whole number from 1, got something else$/,
    ],
    ['?connection_limit=0', /a whole number from 1/],
    ['?connect_timeout=-1', /`connect_timeout` .* a whole number/],
    ['?pool_timeout=1.5', /`pool_timeout` .* a whole number/],
    ['?socket_timeout=9999999', /a whole number of seconds, at most 2147483/],
    ['?sslaccept=SECRET', /to be one of strict, accept_invalid_certs,/],
    ['?ssl=SECRET', /to be one of .*true, false, Amazon RDS, TLS options as JSON,/],
    ['?ssl={rejectUnauthorized:true}', /TLS options as JSON/],
    ['?ssl=null', /TLS options as JSON/],
    ['?ssl-mode=PREFERRED', /`ssl-mode` in the URL to be one of disable, disabled, require/],
    [
      '?ssl={"rejectUnauthorized":false}&sslaccept=strict',
      /^Expected `ssl` and `sslaccept` in the URL to say the same of TLS$/,
    ],
    ['?sslaccept=strict&ssl=false', /^Expected `sslaccept` and `ssl` .* the same of TLS$/],
    [
      '?sslcert=/SECRET.pem',
      /^Unexpected `sslcert` in the URL: gone-away reads no files.*\{ uri, ssl: \{ ca, cert, key \} \}/,
    ],
    ['?sslidentity=SECRET', /no PKCS12 archive/],
    ['?sslpassword=SECRET', /^Unexpected `sslpassword`/],
    ['?useSSL=true', /there is `ssl-mode`/],
    ['?schema=SECRET', /^Unexpected `schema` .*`schemaName` of PrismaMySQL2$/],
    ['?max_connection_lifetime=1', /`liveness: \{ maxLifetime \}`/],
    ['?max_idle_connection_lifetime=1', /`liveness: \{ idleTimeout \}`/],
    ['?password=SECRET', /^Unexpected `password` in the URL: it has its place in front/],
    ['?uri=mysql://SECRET', /^Unexpected `uri` in the URL/],
    ['?__proto__={"polluted":true}', /^Unexpected `__proto__` in the URL$/],
  ])('that cannot be honoured are refused, with what to do instead: %s', (parameters, message) => {
    expect(() => optionsOf(parameters)).toThrow(message);
    expect(() => optionsOf(parameters)).toThrow(TypeError);
    expect(() => optionsOf(parameters)).toThrow(/^(?!.*SECRET)/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

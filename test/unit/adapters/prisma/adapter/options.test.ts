import { describe, expect, it } from 'vitest';
import { poolRecipe } from '../../../../../adapters/mysql2/source/pool-recipe.ts';
import { connectionInfo } from '../../../../../adapters/prisma/adapter/capabilities.ts';
import { splitScript } from '../../../../../adapters/prisma/adapter/split-script.ts';

const poolOptions = (source: unknown) => poolRecipe(source)?.options;

describe('the URL', () => {
  it("has the parameters of Prisma's URLs, and those of mysql2", () => {
    const url =
      'mysql://us%40er:p%3Fw@[::1]:3307/da%2Fta?connection_limit=5&connect_timeout=3&statement_cache_size=0&sslaccept=accept_invalid_certs&charset=utf8mb4&debug=false';
    expect(poolOptions(url)).toEqual({
      host: '::1',
      port: 3307,
      user: 'us@er',
      password: 'p?w',
      database: 'da/ta',
      connectionLimit: 5,
      connectTimeout: 3000,
      maxPreparedStatements: 1,
      ssl: { rejectUnauthorized: false },
      charset: 'utf8mb4',
      debug: false,
    });
  });

  it('has defaults', () => {
    expect(poolOptions('mariadb://u@h/d')).toEqual({ host: 'h', port: 3306, user: 'u', password: '', database: 'd' });
  });

  it('never repeats what it could not read, which may be a password', () => {
    expect(() => poolOptions('u:secret@h')).toThrow(/^(?!.*secret).*Expected a URL/);
  });
});

it('takes plain objects for options, and nothing else', () => {
  expect(poolOptions({ host: 'h' })).toEqual({ host: 'h' });
  for (const other of [undefined, null, 5, new Map(), { getConnection() {} }])
    expect(poolOptions(other)).toBeUndefined();
});

describe('relation joins', () => {
  it.each([
    ['8.0.13', true],
    ['8.0.12', false],
    ['8.4.0-commercial', true],
    ['9.7.4', true],
    ['5.7.44-log', false],
    ['10.11.14-MariaDB-0+deb12u2', false],
    ['11.8.2-MariaDB', false],
    ['5.5.5-10.6.22-mariadb-log', false],
    ['8.0.11-TiDB-v8.5.0', false],
    ['', false],
  ])('on %s: %s', (version, expected) => {
    expect(connectionInfo(version, undefined)).toEqual({ maxBindValues: 65_535, supportsRelationJoins: expected });
  });
});

describe('a script', () => {
  it('is split where its statements end, and nowhere else', () => {
    const statements = [
      "INSERT INTO t VALUES ('a;b', \"c;d\", 'it''s; \\'; \\\\')",
      'SELECT `a;b` -- not; here\nFROM t',
      'SELECT 1 # nor; here\n+ 1',
      'SELECT /* nor; here */ 1 - -1 / 2',
      '/*!40101 SET NAMES utf8 */',
    ];
    expect(splitScript(`${statements.join(';\n')}\n;`)).toEqual([...statements.slice(0, -1), statements.at(-1)]);
  });

  it('has no empty statements', () => {
    expect(splitScript(' ;; -- only a comment\n; /* and another */ ;\n')).toEqual([]);
    expect(splitScript('')).toEqual([]);
  });

  it('keeps the last statement without a semicolon', () => {
    expect(splitScript('SELECT 1;\nSELECT 2')).toEqual(['SELECT 1', 'SELECT 2']);
  });

  it.each(["SELECT 'a", 'SELECT "a', 'SELECT `a', 'SELECT /* a'])('is refused when it is cut off: %s', (script) => {
    expect(() => splitScript(script)).toThrow(SyntaxError);
  });

  it('may be long', () => {
    const long = `INSERT INTO t VALUES ('${"x\\'".repeat(300_000)}')`;
    expect(splitScript(`${long};${long}`)).toEqual([long, long]);
  });
});

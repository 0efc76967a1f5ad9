import { describe, expect, it } from 'vitest';
import { connectionInfo } from '../../../../../adapters/prisma/adapter/capabilities.ts';
import { splitScript } from '../../../../../adapters/prisma/adapter/split-script.ts';

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

import { describe, expect, it } from 'vitest';
import { namedServers } from '../support/server/named-servers.ts';
import {
  type DifferenceName,
  differenceOn,
  serverDifferences,
  unless,
  valueOn,
} from '../support/server/server-differences.ts';

const mariadb = { kind: 'mariadb', version: '10.11.19' } as const;

describe('the table of differences between servers', () => {
  const difference = {
    what: 'it',
    source: 'somewhere',
    rows: [
      { kind: 'mariadb', value: 'old' },
      { kind: 'mariadb', since: '10.9.2', value: 'newer' },
      { kind: 'mariadb', since: '11.6.2', value: 'new' },
    ],
  } as const;

  it.each([
    ['5.5.0', 'old'],
    ['10.9.1', 'old'],
    ['10.9.2', 'newer'],
    ['10.11.19', 'newer'],
    ['11.6.1', 'newer'],
    ['11.6.2', 'new'],
    ['11.10.0', 'new'],
    ['12.0', 'new'],
  ])('of the rows for %s, holds that of the last version it has reached: %s', (version, value) => {
    expect(valueOn({ kind: 'mariadb', version }, difference)).toBe(value);
  });

  it('says that there is no row rather than guess', () => {
    expect(() => valueOn({ kind: 'mysql', version: '9.7.4' }, difference)).toThrow('no row says it on mysql 9.7.4');
  });

  it('gives the reason for which a test does not run here', () => {
    expect(unless(mariadb, 'idleEnd', 'its bare end')[0]).toBe(false);
    expect(unless(mariadb, 'idleEnd', 'ERR 4031')).toEqual([
      true,
      'what a connection hears that was idle for longer than wait_timeout (mariadb): its bare end, not ERR 4031',
    ]);
  });

  it('has a row for every server that is named', () => {
    const kinds = Object.keys(namedServers).map((name) => (name.startsWith('mysql') ? 'mysql' : 'mariadb'));
    for (const kind of kinds) {
      for (const name of Object.keys(serverDifferences) as DifferenceName[]) {
        expect(differenceOn({ kind, version: '5.0.0' }, name), `${name} on ${kind}`).toBeDefined();
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../../adapters/testing/target.ts';

describe('the server of a fault proxy', () => {
  it.each([
    ['mysql://u:p%40w@db.example:3307/shop?charset=utf8mb4', { host: 'db.example', port: 3307 }],
    ['mysql://u:p%40w@db.example/shop', { host: 'db.example', port: 3306 }],
    ['mariadb://db.example', { host: 'db.example', port: 3306 }],
    ['mysql2://u@[::1]:1/', { host: '::1', port: 1 }],
    ['mysql://u@localhost/shop?socketPath=/run/my%20sql.sock&x=1', { path: '/run/my sql.sock' }],
    ['mysql://u@localhost/shop?socket=/run/mysql.sock', { path: '/run/mysql.sock' }],
  ])('of %s', (url, place) => {
    expect(readTarget(url).place).toEqual(place);
    expect(readTarget(new URL(url)).place).toEqual(place);
  });

  it.each([
    [
      { host: 'db', port: 1 },
      { host: 'db', port: 1 },
    ],
    [{ host: '::1' }, { host: '::1', port: 3306 }],
    [{ port: 65_535 }, { host: 'localhost', port: 65_535 }],
    [
      { host: undefined, port: undefined },
      { host: 'localhost', port: 3306 },
    ],
    [{}, { host: 'localhost', port: 3306 }],
    [{ socketPath: '/run/mysql.sock' }, { path: '/run/mysql.sock' }],
  ])('of %o', (address, place) => {
    expect(readTarget(address).place).toEqual(place);
    expect(readTarget(address).urlOf('127.0.0.1', 5)).toBe('mysql://127.0.0.1:5');
  });

  it.each([
    ['mysql://u:p%40w@db.example:3307/shop?a=b', 'mysql://u:p%40w@127.0.0.1:5/shop?a=b'],
    ['mysql://u:p%2Fw@db.example/shop', 'mysql://u:p%2Fw@127.0.0.1:5/shop'],
    ['mariadb://[::1]:3306', 'mariadb://127.0.0.1:5'],
    ['mysql://u@localhost/shop?socketPath=/run/x.sock&a=1', 'mysql://u@127.0.0.1:5/shop?a=1'],
  ])('gives clients of %s the URL %s', (url, own) => {
    expect(readTarget(url).urlOf('127.0.0.1', 5)).toBe(own);
  });

  it.each([
    [undefined, /Expected the server to be a URL, or .*got undefined/],
    [null, /got null/],
    [3306, /got 3306/],
    [[], /Expected the address of the server to be an object, got an array/],
    [() => 1, /got a function/],
    [{ port: '3306' }, 'Expected `port` to be a whole number from 1 to 65535, got a text'],
    [{ port: 0 }, /`port`.*got 0/],
    [{ port: 65_536 }, /`port`.*got 65536/],
    [{ port: 1.5 }, /`port`.*got 1.5/],
    [{ host: '' }, /`host`.*got an empty text/],
    [{ host: 'mysql://u:SECRET@db' }, /`host` to be a name or an address.*got a text/],
    [{ host: 3 }, /`host`.*got 3/],
    [{ socketPath: '' }, /`socketPath` to be a path, got an empty text/],
    [{ socketPath: '/x', port: 1 }, 'Expected either `socketPath`, or `host` and `port`, got both'],
    [{ user: 'SECRET' }, /Unknown option `user` in the address of the server; expected one of: host, port, socketPath/],
    ['SECRET', /Expected a URL of a server: .*got a text that is none/],
    ['', /Expected a URL of a server/],
    ['mysql://u:SECRET@db:port/x', /Expected a URL of a server/],
    ['postgres://u:SECRET@db/x', /Expected a URL that begins with mysql:\/\//],
    ['mysql:///SECRET', /the host in the URL.*got an empty text/],
    ['mysql://u:12/SECRET@db/x', /percent-encoded/],
    ['mysql://u:12#SECRET@db/x', /percent-encoded/],
  ])('is none: %o', (given, message) => {
    const read = () => readTarget(given);
    expect(read).toThrow(TypeError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/SECRET/);
  });
});

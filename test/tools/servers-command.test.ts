import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { type Campaign, type Row, rowOf, UnavailableError } from '../campaigns/servers/campaign.ts';
import { parseOptions, usageOf } from '../campaigns/servers/options.ts';
import { isWell, linesOf, objectOf } from '../campaigns/servers/report.ts';
import { servedLayers } from '../campaigns/servers/suite-campaign.ts';
import { mirrorsAmong } from '../support/server/apt.ts';
import { unpackedProgram } from '../support/server/unpacked-program.ts';

const names = ['old', 'new'];
const parse = (...args: readonly string[]) => parseOptions(args, names);

const done = { name: 'old', version: '1.2.3', passed: 7, failed: 0, skipped: 0, reasons: [], failures: [], ms: 61_000 };
const good: Row = { ...done, available: true };
const bad: Row = { ...good, failed: 1, failures: [{ test: 'a.test.ts > it', message: 'no\nat once' }] };
const missing: Row = { name: 'new', available: false, why: 'no network', ms: 3 };

describe('the options of npm run servers', () => {
  it('ask for all servers, and all files, by default', () => {
    expect(parse()).toEqual({ servers: undefined, files: [], whereAvailable: false, json: false });
  });

  it('ask for some', () => {
    const asked = { servers: ['new', 'old'], files: ['ledger', 'watch'], whereAvailable: true, json: true };
    expect(parse('--server', 'new, old', '--files=ledger,watch', '--where-available', '--json')).toEqual(asked);
  });

  it.each([
    [['--server', 'other'], '--server: expected one of old, new, got other'],
    [['--server', 'old,'], '--server: expected names with commas between them, got old,'],
    [['--files='], '--files: expected names with commas between them, got '],
    [['--colour'], "Unknown option '--colour'"],
    [['old'], "Unexpected argument 'old'"],
  ])('are refused: %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  it('explain themselves, with the names of all servers', () => {
    expect(parse('--help')).toBe('help');
    expect(usageOf(names)).toContain('some of old, new, with commas');
  });
});

describe('the report of npm run servers', () => {
  it('has a line for each server, its reasons and its failures', () => {
    const skips = { skipped: 3, reasons: [{ reason: 'why not', count: 3 }] };
    expect(linesOf({ ...bad, ...skips } as Row)).toEqual([
      'old             1.2.3       7       1       3        61',
      '  3 x skipped: why not',
      '  failed: a.test.ts > it: no',
    ]);
    expect(linesOf(missing)).toEqual(['new             not available: no network']);
  });

  it.each<[string, Row, boolean, boolean]>([
    ['tests that passed', good, false, true],
    ['a test that failed', bad, true, false],
    ['no test at all', { ...good, passed: 0 }, true, false],
    ['a server that is missing', missing, false, false],
    ['a server that may be missing', missing, true, true],
  ])('passes or not with %s', (_, row, whereAvailable, expected) => {
    expect(isWell(row, { whereAvailable })).toBe(expected);
  });

  it('is one object with the sums of all rows', () => {
    const total = { passed: 14, failed: 1, skipped: 0, unavailable: 1 };
    expect(objectOf([good, bad, missing], false)).toMatchObject({ ok: false, total, rows: [good, bad, missing] });
  });
});

describe('a campaign', () => {
  const context = { files: [], say: () => {} };
  const rowWith = (run: Campaign['run']) => rowOf({ name: 'new', run }, context);

  it('becomes a row', async () => {
    const { name: _, failed: __, ms: ___, ...findings } = { ...done, failures: [{ test: 'x', message: 'y' }] };
    expect(await rowWith(async () => findings)).toMatchObject({ name: 'new', available: true, failed: 1, passed: 7 });
  });

  it('becomes a row that says why, where its server is not to be had', async () => {
    const run = () => Promise.reject(new UnavailableError('no network'));
    expect(await rowWith(run)).toMatchObject({ name: 'new', available: false, why: 'no network' });
  });

  it('has failed where it broke off, and does not end the others', async () => {
    const run = () => Promise.reject(new TypeError('a mistake'));
    const failures = [{ test: 'the campaign itself', message: 'a mistake' }];
    expect(await rowWith(run)).toMatchObject({ available: true, passed: 0, failed: 1, failures });
  });
});

test('every test that has a server is among those that run on each', () => {
  const root = new URL('..', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const served = files.filter((name) =>
    / from '[./]+\/support\/(?:server\/server|stage)\.ts'/.test(readFileSync(new URL(name, root), 'utf8')),
  );
  expect(served.length).toBeGreaterThan(30);
  expect(served.filter((name) => !servedLayers.includes(name.split(/[\\/]/)[0] ?? ''))).toEqual([]);
});

describe('the mirror of another release', () => {
  it.each([
    [
      ['https://a.example/apt/', 'http://m.example/debian/', 'http://m.example/debian-security/'],
      { main: 'http://m.example/debian', security: 'http://m.example/debian-security' },
    ],
    [['http://m.example/debian'], { main: 'http://m.example/debian', security: 'http://m.example/debian-security' }],
    [
      [
        'http://s.example/archive/debian/20250520T000000Z/',
        'http://s.example/archive/debian-security/20250520T000000Z/',
      ],
      {
        main: 'http://s.example/archive/debian/20250520T000000Z',
        security: 'http://s.example/archive/debian-security/20250520T000000Z',
      },
    ],
    [
      ['mirror+file:///etc/apt/mirrors/debian.list', 'mirror+file:///etc/apt/mirrors/debian-security.list'],
      {
        main: 'mirror+file:///etc/apt/mirrors/debian.list',
        security: 'mirror+file:///etc/apt/mirrors/debian-security.list',
      },
    ],
  ])('is the one of this machine: %j', (addresses, expected) => {
    expect(mirrorsAmong(addresses)).toEqual(expected);
  });

  it('is not guessed', () => {
    expect(() => mirrorsAmong(['http://archive.example/ubuntu/'])).toThrow('not set up with a mirror of Debian');
  });
});

describe('an unpacked program', () => {
  const unpacked = { prefix: '/c/usr', libraryFolders: ['/c/usr/lib/x', '/c/lib/x'] };

  it('of this release is started by itself, with its libraries first', () => {
    const { env, ...command } = unpackedProgram({ ...unpacked, loader: undefined }, 'sbin/it', ['lib/own']);
    expect(command).toEqual({ program: '/c/usr/sbin/it', leadingArgs: [] });
    expect(env.LD_LIBRARY_PATH).toMatch(/^\/c\/usr\/lib\/own:\/c\/usr\/lib\/x:\/c\/lib\/x/);
  });

  it('of another release is started by its own loader, and what it starts in turn is not', () => {
    const command = unpackedProgram({ ...unpacked, loader: '/c/lib/x/ld.so' }, 'sbin/it', ['lib/own']);
    const path = '/c/usr/lib/own:/c/usr/lib/x:/c/lib/x';
    const leadingArgs = ['--inhibit-cache', '--library-path', path, '/c/usr/sbin/it'];
    expect(command).toEqual({ program: '/c/lib/x/ld.so', leadingArgs, env: process.env });
  });
});

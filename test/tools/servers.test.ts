import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { hasApt } from '../support/server/find-server-binary.ts';

const patience = 240_000;

interface Finished {
  readonly code: unknown;
  readonly stdout: string;
}

/** Runs a program of this project to its end; what vitest tells its own processes is not for the one inside. */
function run(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const own = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$|^MYSQL_URL$/.test(name));
  const env = { ...Object.fromEntries(own), ...more };
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', program, ...args], { cwd, env }, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, stdout }),
    );
  });
}

test('a run of tests is counted by what became of each, and why', { timeout: patience }, async () => {
  const fixture = 'test/campaigns/servers/fixture';
  const file = `${fixture}/endings.fixture.ts`;
  const { stdout } = await run(`${fixture}/main.ts`, []);
  const { failures, ...counts } = JSON.parse(stdout);
  expect(counts).toEqual({
    passed: 2,
    skipped: 4,
    reasons: [
      { reason: 'the moon is full', count: 2 },
      { reason: 'no reason given', count: 1 },
      { reason: 'skipped where the sun is up', count: 1 },
    ],
  });
  const expected = [
    { test: `${fixture}/broken.fixture.ts`, message: 'this file is broken' },
    { test: `${file} > a group that cannot begin`, message: 'nothing is prepared' },
    { test: `${file} > a group that cannot begin > never runs`, message: 'it did not run' },
    { test: `${file} > fails`, message: expect.stringContaining("expected 'one' to be 'other'") },
    { test: 'an error that nobody heard', message: 'nobody hears this' },
  ];
  expect(failures).toHaveLength(expected.length);
  expect(failures).toEqual(expect.arrayContaining(expected));
});

describe('npm run servers', () => {
  const script = 'test/campaigns/servers/main.ts';
  // One of its tests asks the server whether it is the one that was named, and is skipped where none was.
  const file = 'test/tools/launcher.test.ts';

  test('reports a server that is not to be had, and passes only where that was allowed', {
    timeout: patience,
  }, async () => {
    const empty = mkdtempSync(join(tmpdir(), 'ga-path-'));
    try {
      const outcomeOf = async (...args: readonly string[]) => {
        // What is on the machine by other ways than its PATH is not what clusters are to be made of here.
        const env = { PATH: empty, GONE_AWAY_SERVER: 'mysql-9' };
        const { stdout, code } = await run(script, ['--json', ...args], env);
        return { code, ...JSON.parse(stdout) };
      };
      const missing = { available: false, why: expect.stringContaining('no apt-get') };
      const names = ['mariadb-10.11', 'mariadb-11.8', 'mysql-9', 'galera', 'replica', 'router'];
      const rows = names.map((name) => ({ name, ...missing }));
      expect(await outcomeOf()).toMatchObject({ code: 1, ok: false, rows });
      expect(await outcomeOf('--where-available')).toMatchObject({
        code: 0,
        ok: true,
        total: { unavailable: 6 },
        rows,
      });
      expect(await outcomeOf('--server', 'mysql-9')).toMatchObject({ code: 1, ok: false, rows: [rows[2]] });
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  });

  test('runs the tests on the server that it names', { timeout: patience }, async ({ skip }) => {
    skip(!hasApt(), 'there is no apt-get to fetch servers with');
    const { stdout, code } = await run(script, ['--json', '--server', 'mariadb-11.8', '--files', file]);
    const version = expect.stringMatching(/^11\.8\./);
    const row = { name: 'mariadb-11.8', available: true, version, failed: 0, skipped: 0 };
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, total: { failed: 0, unavailable: 0 }, rows: [row] });
    expect(JSON.parse(stdout).total.passed).toBeGreaterThan(5);
    expect(code).toBe(0);
  });

  test('does not pass where no test ran, and refuses a wrong option', { timeout: patience }, async ({ skip }) => {
    const wrong = await run(script, ['--server', 'postgres']);
    expect(wrong).toEqual({ code: 2, stdout: '' });
    skip(!hasApt(), 'there is no apt-get to fetch servers with');
    const { stdout, code } = await run(script, ['--server', 'mariadb-11.8', '--files', 'no-such-file']);
    expect(stdout).toMatch(/^mariadb-11\.8 +11\.8\.\d+ +0 +0 +0 /m);
    expect(code).toBe(1);
  });
});

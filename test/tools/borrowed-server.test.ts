import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { externalUrl } from '../support/server/external-url.ts';
import { freePort } from '../support/server/free-port.ts';
import { type LocalServer, launchLocalServer } from '../support/server/local-server.ts';

const patience = 240_000;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Run {
  readonly code: unknown;
  /** All that was printed, without colours. */
  readonly output: string;
}

/** Runs tests on the server of a URL, in a process that knows nothing of the run that this one is part of. */
function runTests(url: string, ...args: readonly string[]): Promise<Run> {
  const own = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$|^FORCE_COLOR$/.test(name));
  const env = { ...Object.fromEntries(own), MYSQL_URL: url, NO_COLOR: '1' };
  const vitest = `${root}/node_modules/vitest/vitest.mjs`;
  return new Promise((resolve) => {
    execFile(process.execPath, [vitest, 'run', ...args], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
}

test('a run on a server that does not answer fails before its first test, and says where it looked', {
  timeout: patience,
}, async () => {
  const port = await freePort();
  const { code, output } = await runTests(`mysql://somebody:geheim@127.0.0.1:${port}/app`, 'test/contract/mysql2-');
  expect(code).toBe(1);
  const refused = `connect ECONNREFUSED 127.0.0.1:${port}`;
  expect(output).toContain(`The server of MYSQL_URL at 127.0.0.1:${port} cannot be used: ${refused}`);
  expect(output).not.toContain('geheim');
  expect(output).not.toMatch(/passed|No test/);
});

test.for([
  ['no database', 'mysql://somebody:geheim@127.0.0.1:1', 'MYSQL_URL has to name a database'],
  ['nothing that can be read', 'somebody:geheim@', 'MYSQL_URL is no URL of a server'],
])(
  'a MYSQL_URL that names %s is refused, and its password is not printed',
  { timeout: patience },
  async ([, url = '', message]) => {
    const { code, output } = await runTests(url, 'test/contract/mysql2-');
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain('geheim');
  },
);

describe.skipIf(externalUrl() !== undefined)('a run on a running server (skipped where MYSQL_URL is set)', () => {
  let server: LocalServer;
  beforeAll(async () => {
    server = await launchLocalServer({ name: 'borrowed' });
  }, patience);
  afterAll(() => server?.destroy());

  test.for(['root', 'app'] as const)(
    'passes as %s, harms nothing, and says what it left out',
    {
      timeout: patience,
    },
    async (user) => {
      const before = await server.admin('SHOW DATABASES');
      await server.admin('SET GLOBAL max_connections = 123');
      const groups = 'an answer that was lost|a server that is read-only for a while|kill -9 and a start';
      const { code, output } = await runTests(
        server.url(user),
        'test/contract/mysql2-promise-pool.test.ts',
        '-t',
        groups,
      );
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toMatch(/Tests +3 passed/);
      expect(output).toContain('Skipped: 9');
      expect(output).toContain("  3 x the server of MYSQL_URL is somebody else's: it is not restarted");
      expect(output).toContain("  6 x the server of MYSQL_URL is somebody else's: no SET GLOBAL there");
      expect(server.running).toBe(true);
      expect(await server.admin('SHOW DATABASES')).toEqual(before);
      expect(await server.admin('SELECT @@GLOBAL.max_connections AS most')).toEqual([{ most: 123 }]);
      expect(await server.threads(user)).toEqual([]);
    },
  );
});

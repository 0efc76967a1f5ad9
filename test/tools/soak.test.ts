import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { leaks } from '../campaigns/soak/application/leaks.ts';
import { externalUrl } from '../support/server/external-url.ts';

const patience = 240_000;

/** Runs the command to its end, in a process that knows nothing of the tests that this one is part of. */
function soak(...args: readonly string[]): Promise<{ readonly code: unknown; readonly stdout: string }> {
  const own = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$/.test(name));
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const program = ['--import', 'tsx', 'test/campaigns/soak/main.ts', '--json', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, program, { cwd, env: Object.fromEntries(own) }, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, stdout }),
    );
  });
}

describe.skipIf(externalUrl() !== undefined)('npm run soak (skipped where MYSQL_URL is set)', () => {
  // How late the event loop was is for a machine that has nothing else to do.
  test('finds nothing that grew or was left behind, and says what it has measured', { timeout: patience }, async () => {
    const report = JSON.parse((await soak('--minutes', '0.3', '--seed', '1', '--client', 'mysql2,prisma')).stdout);
    expect(report.findings.filter((finding: string) => !/event loop/.test(finding))).toEqual([]);
    expect(report).toMatchObject({ command: 'soak', seed: 1, left: { threads: 0, transactions: [] } });
    expect(report.told.calls).toBeGreaterThan(500);
    expect(Object.keys(report.faults).length).toBeGreaterThan(2);
    expect(report.delays).toHaveLength(2);
    expect(report.large).toHaveLength(8);
  });

  test('finds each of the leaks that were made on purpose', { timeout: patience }, async () => {
    const args = ['--minutes', '0.3', '--seed', '1', '--client', 'mysql2', '--leak', leaks.join()];
    const { code, stdout } = await soak(...args);
    const { findings, passed } = JSON.parse(stdout);
    expect({ code, passed }).toEqual({ code: 1, passed: false });
    for (const finding of [
      /^memory grew/,
      /^listeners of pools grew/,
      /^timers that are alive/,
      /the event loop was .* times as late/,
      /sockets were open/,
      /timers were running/,
      /listeners of pools were left/,
      /threads were left/,
      /a transaction was open/,
    ])
      expect(findings).toContainEqual(expect.stringMatching(finding));
  });

  test('refuses a wrong option', { timeout: patience }, async () => {
    expect(await soak('--client', 'sequelize')).toEqual({ code: 2, stdout: '' });
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Distribution } from '../../bench/recovery/distribution.ts';
import type { RecoveryReport } from '../../bench/recovery/report.ts';
import { runScript } from '../support/command/run-script.ts';
import { externalUrl } from '../support/server/external-url.ts';

const patience = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'ga-recovery-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing = expect.objectContaining({ median: 0, tail: 0, missed: 0 });

describe.skipIf(externalUrl() !== undefined)('npm run bench -- recovery (skipped where MYSQL_URL is set)', () => {
  test('measures how soon callers are served again, and its report becomes a page', { timeout: patience }, async () => {
    const few = ['--json', '--fault', 'kill-9', '--contender', 'bare,gone-away', '--repeats', '2', '--outage', '300'];
    const { code, stdout, stderr } = await runScript('bench', 'recovery', ...few, '--callers', '20');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('kill -9, 2 times') });
    const report = JSON.parse(stdout) as RecoveryReport;
    expect(report).toMatchObject({ command: 'recovery', repeats: 2, outage: 300, callers: 20, leftOut: [] });
    expect(report.arguments).toEqual(['recovery', ...few, '--callers', '20']);
    expect(report.cells.map(({ fault }) => fault)).toEqual(['kill-9']);
    const [bare, ours] = report.cells[0]?.contenders ?? [];
    expect([bare?.name, ours?.name]).toEqual(['bare', 'gone-away']);

    // Whoever has no help is told of the outage: without that there was none.
    expect(bare?.errors.median).toBeGreaterThan(0);
    expect(ours).toMatchObject({ errors: nothing, stray: 0 });
    for (const found of [bare, ours]) {
      expectTime(found?.firstSuccess);
      expectTime(found?.allServed);
      expect(found?.connects.during.median).toBeGreaterThan(0);
      expect(found?.handshakes.during.missed).toBe(0);
    }

    const file = join(folder, 'recovery.json');
    writeFileSync(file, stdout);
    expect(await runScript('performance', '--into', folder, file)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'performance.md'), 'utf8')).toContain('### kill -9');
    expect(readFileSync(join(folder, 'recovery.svg'), 'utf8')).toContain('</svg>');
  });
});

test('npm run bench -- recovery refuses a wrong option', { timeout: patience }, async () => {
  const { code, stderr } = await runScript('bench', 'recovery', '--fault', 'fire');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^--fault: expected one of .*got fire/) });
});

/** It came in each repeat, and after the fault. */
function expectTime(found: Distribution | undefined): void {
  expect(found).toMatchObject({ missed: 0, tailIs: 'worst' });
  expect(found?.median).toBeGreaterThanOrEqual(0);
  expect(found?.tail).toBeGreaterThanOrEqual(found?.median ?? Number.NaN);
}

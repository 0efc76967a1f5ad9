import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CostReport } from '../../bench/cost/report.ts';
import { runScript } from '../support/command/run-script.ts';

const patience = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'ga-cost-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npm run bench -- cost counts what a call costs, and its report becomes a page', {
  timeout: patience,
}, async () => {
  const few = ['--json', '--group', 'mysql2', '--statement', 'ping', '--concurrency', '3', '--calls', '20'];
  const { code, stdout, stderr } = await runScript('bench', 'cost', ...few);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('SELECT 1, 3 at a time') });
  const report = JSON.parse(stdout) as CostReport;
  expect(report).toMatchObject({ command: 'cost', arguments: ['cost', ...few], windows: 5, leftOut: [] });
  expect(stderr).toContain(`counted by ${report.counter}`);
  expect(report.cells).toMatchObject([{ group: 'mysql2', statement: 'ping', concurrency: 3 }]);

  for (const { contenders } of report.cells) {
    const [bare, ours] = contenders;
    expect([bare?.name, ours?.name]).toEqual(['bare', 'gone-away']);
    for (const { work, allocated } of contenders) {
      // More than a function or two, and less than the compiler takes, in instructions as in nanoseconds.
      expectBetween(work.median, 5_000, 50_000_000);
      expectBetween(allocated.median, 500, 100_000);
      expectBetween(allocated.median, ...allocated.spread);
    }
    expect(ours?.moreWork).toBeCloseTo((ours?.work.median ?? Number.NaN) - (bare?.work.median ?? Number.NaN));
    expectBetween(ours?.moreAllocated, -10_000, 10_000);
    expect(bare?.places).toEqual([]);
    expect(ours?.places.length).toBeGreaterThan(0);
    for (const { file, line, bytes } of ours?.places ?? []) {
      expect([file, readLine(file, line) !== undefined]).toEqual([
        expect.stringMatching(/^(src|adapters)\/.*\.ts$/),
        true,
      ]);
      expectBetween(bytes, 1, 10_000);
    }
  }

  const file = join(folder, 'cost.json');
  writeFileSync(file, stdout);
  expect(await runScript('performance', '--into', folder, file)).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, 'performance.md'), 'utf8')).toContain('## Where gone-away allocates');
});

test('npm run bench -- cost refuses a wrong option', { timeout: patience }, async () => {
  const { code, stderr } = await runScript('bench', 'cost', '--contender', 'knex');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^--contender: expected one of .*got knex/),
  });
});

function expectBetween(value: number | undefined, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}

const readLine = (file: string, line: number): string | undefined =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n')[line - 1];

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { CostReport } from '../../bench/cost/report.ts';
import { groups, namesIn, type Statement, statements, transactionsOnly } from '../../bench/plan.ts';
import type { Distribution } from '../../bench/recovery/distribution.ts';
import type { RecoveryReport } from '../../bench/recovery/report.ts';
import type { BenchReport } from '../../bench/report.ts';
import { runScript } from '../support/command/run-script.ts';
import { externalUrl } from '../support/server/external-url.ts';

// All of it in one file: each run builds the package, and two at once would take it from each other.

const patience = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'ga-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function report(...args: readonly string[]): Promise<BenchReport> {
  const { code, stdout, stderr } = await runScript('bench', '--json', ...args);
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as BenchReport;
}

/** Whoever has transactions only is in no other cell. */
function namesFor(group: (typeof groups)[number], statement: Statement): readonly string[] {
  return namesIn(group).filter((name) => statement === 'transaction' || !transactionsOnly.has(name));
}

describe('npm run bench', () => {
  test('measures every contender in every statement, when its answers were right', { timeout: patience }, async () => {
    const few = ['--rounds', '2', '--calls', '2', '--concurrency', '1,3', '--path', 'loopback'];
    const { leftOut, cells, arguments: args } = await report(...few);
    expect(leftOut).toEqual([]);
    expect(args).toEqual(['--json', ...few]);
    const measured = cells.map(({ group, statement, concurrency, callsPerRound, contenders }) =>
      [group, statement, concurrency, callsPerRound, contenders.map(({ name }) => name).join()].join(' '),
    );
    const expected = groups.flatMap((group) =>
      statements.flatMap((statement) =>
        [1, 3].map((count) => `${group} ${statement} ${count} ${Math.max(2, count)} ${namesFor(group, statement)}`),
      ),
    );
    expect(measured).toEqual(expected);
    for (const { name, ratio, cpuPerCall } of cells.flatMap(({ contenders }) => contenders)) {
      expect([name, ratio > 0, cpuPerCall > 0]).toEqual([name, true, true]);
    }
  });

  test('measures behind a delay, and its report becomes a page', { timeout: patience }, async () => {
    const some = ['--group', 'mysql2', '--contender', 'gone-away', '--statement', 'ping', '--concurrency', '1'];
    const found = await report(...some, '--rounds', '2', '--calls', '5', '--path', 'delay');
    const [bare, ours] = found.cells[0]?.contenders ?? [];
    expect([bare?.name, ours?.name]).toEqual(['bare', 'gone-away']);
    // A millisecond each way, so that a call takes two at least.
    expect(bare?.callsPerSecond).toBeLessThan(500);
    expect(ours?.callsPerSecond).toBeLessThan(500);

    const file = join(folder, 'bench.json');
    writeFileSync(file, JSON.stringify(found));
    expect(await runScript('performance', '--into', folder, file)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'performance.md'), 'utf8')).toContain('## mysql2, 1 ms away');
    expect(readFileSync(join(folder, 'performance.svg'), 'utf8')).toContain('</svg>');
  });

  test('refuses a wrong option', { timeout: patience }, async () => {
    const stderr = '--group: expected one of mysql2, drizzle, prisma, kysely, got postgres. See --help.\n';
    expect(await runScript('bench', '--group', 'postgres')).toEqual({ code: 2, stdout: '', stderr });
  });
});

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
      expectBetween(allocated.median, ...allocated.range);
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

test('npm run performance refuses what is no report', { timeout: patience }, async () => {
  const stderr = `${join(folder, 'none.json')} cannot be read. See --help.\n`;
  expect(await runScript('performance', join(folder, 'none.json'))).toEqual({ code: 2, stdout: '', stderr });
});

/** It came in each repeat, and after the fault. */
function expectTime(found: Distribution | undefined): void {
  expect(found).toMatchObject({ missed: 0, tailIs: 'worst' });
  expect(found?.median).toBeGreaterThanOrEqual(0);
  expect(found?.tail).toBeGreaterThanOrEqual(found?.median ?? Number.NaN);
}

function expectBetween(value: number | undefined, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}

const readLine = (file: string, line: number): string | undefined =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n')[line - 1];

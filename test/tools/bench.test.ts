import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { groups, namesIn, type Statement, statements, transactionsOnly } from '../../bench/plan.ts';
import type { BenchReport } from '../../bench/report.ts';
import { runScript } from '../support/command/run-script.ts';

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

test('npm run performance refuses what is no report', { timeout: patience }, async () => {
  const stderr = `${join(folder, 'none.json')} cannot be read. See --help.\n`;
  expect(await runScript('performance', join(folder, 'none.json'))).toEqual({ code: 2, stdout: '', stderr });
});

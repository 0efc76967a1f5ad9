import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawChart, panelsOf } from '../../../bench/performance/chart.ts';
import { measuredSection } from '../../../bench/performance/measured.ts';
import { expectSameGround, readReport } from '../../../bench/performance/read-report.ts';
import { cellsOf, tablesSection } from '../../../bench/performance/tables.ts';
import { withSection } from '../../campaigns/guarantees/section.ts';
import { UsageError } from '../../support/command/command-line.ts';
import { cellOf, reportOf } from './sample.ts';

describe('the tables of the performance page', () => {
  it('have a row for each statement and contender, and columns for each number of calls at a time', () => {
    const cells = [cellOf(), cellOf({ concurrency: 50 }), cellOf({ statement: 'point' })];
    expect(tablesSection([reportOf({ cells })])).toEqual({
      name: 'bench',
      markdown: [
        '## mysql2, loopback',
        '',
        '| statement | contender | one after the other | 50 at a time | CPU, one after the other | CPU, 50 at a time |',
        '| --- | --- | --- | --- | --- | --- |',
        '| SELECT 1 | mysql2, bare | 9,000/s | 9,000/s | 50 µs | 50 µs |',
        '|  | knex on mysql2 | 0.50 (0.40 to 0.60) | 0.50 (0.40 to 0.60) | 2.00 (1.90 to 2.10) | 2.00 (1.90 to 2.10) |',
        '| point select | mysql2, bare | 9,000/s |  | 50 µs |  |',
        '|  | knex on mysql2 | 0.50 (0.40 to 0.60) |  | 2.00 (1.90 to 2.10) |  |',
      ].join('\n'),
    });
  });

  it('are of all runs; of what two of them measured, the later one counts', () => {
    const later = cellOf({ callsPerRound: 7 });
    const other = cellOf({ group: 'kysely', path: 'delay' });
    const reports = [reportOf(), reportOf({ cells: [later, other] })];
    expect(cellsOf(reports)).toEqual([later, other]);
    expect(tablesSection(reports).markdown).toMatch(/^## mysql2, loopback\n[^#]*## Kysely, 1 ms away\n/);
  });

  it('say by what command, on what, and who is missing', () => {
    const leftOut = [{ group: 'mysql2', contender: 'mariadb', reason: 'no such package' }] as const;
    const { markdown } = measuredSection([reportOf({ leftOut })]);
    expect(markdown).toContain(
      '2026-01-02: `npm run bench -- --json` on mariadb 10.11.1, 2 x CPU, 4 GB, Node.js 20.0.0',
    );
    expect(markdown).toContain('30 rounds. Load average before it began: 0.3.');
    expect(markdown).toContain('- Left out: mariadb connector (no such package).');
    expect(markdown).toContain('Versions: mysql2 3.24.6.');
  });

  it('have their place in the page', () => {
    const page = readFileSync(new URL('../../../bench/performance/page.md', import.meta.url), 'utf8');
    const written = [measuredSection([reportOf()]), tablesSection([reportOf()])].reduce(withSection, page);
    expect(written).toContain('## mysql2, loopback');
    expect(written).toContain('Measured:');
  });
});

describe('the chart of the performance page', () => {
  it('has a panel for each group and path, with one set of names for a group', () => {
    const [bare] = cellOf().contenders;
    const alone = bare === undefined ? [] : [bare];
    const cells = [cellOf(), cellOf({ path: 'delay', contenders: alone }), cellOf({ group: 'drizzle' })];
    const rows = panelsOf(cells).map((row) => row.map(({ group, path, names }) => [group, path, names.join()]));
    expect(rows).toEqual([
      [
        ['mysql2', 'loopback', 'bare,knex'],
        ['mysql2', 'delay', 'bare,knex'],
      ],
      [['drizzle', 'loopback', 'bare,knex']],
    ]);
  });

  it('is drawn with the names of contenders and statements', () => {
    const svg = drawChart([cellOf(), cellOf({ statement: 'insert', concurrency: 50 })]);
    expect(svg).toMatch(/^<svg /);
    for (const text of ['knex on mysql2', 'SELECT 1', 'insert', '50 at a time']) expect(svg).toContain(text);
  });
});

describe('what npm run performance reads', () => {
  it('is what npm run bench has printed, with what npm says before it', () => {
    const report = reportOf();
    expect(readReport(`\n> gone-away@0.1.0 bench\n\n${JSON.stringify(report)}\n`, 'a.json')).toEqual(report);
  });

  it.each([
    ['', 'expected what npm run bench has printed with --json in a.json'],
    ['{"command":"bench"', 'expected what npm run bench has printed with --json in a.json'],
    ['{"command":"cuts"}', 'expected what npm run bench has printed with --json in a.json'],
    [JSON.stringify(reportOf({ cells: [] })), 'nothing was measured in a.json'],
  ])('is nothing else: %s', (text, message) => {
    expect(() => readReport(text, 'a.json')).toThrow(UsageError);
    expect(() => readReport(text, 'a.json')).toThrow(message);
  });

  it('is of one server and machine', () => {
    expect(() => expectSameGround([reportOf(), reportOf()])).not.toThrow();
    const message = /^expected runs of one server and machine, got mariadb .*; mysql 9/;
    expect(() => expectSameGround([reportOf(), reportOf({ server: 'mysql 9' })])).toThrow(message);
  });
});

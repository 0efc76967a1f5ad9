import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costCellsOf, costSection } from '../../../../bench/performance/cost-section.ts';
import { readReport } from '../../../../bench/performance/read-report.ts';
import { withSection } from '../../../campaigns/guarantees/section.ts';
import { costCellOf, costReportOf } from './sample.ts';

describe('the cost in the performance page', () => {
  it('says by what command, and has a table for each group and one of the places that allocate', () => {
    const cells = [costCellOf(), costCellOf({ concurrency: 50 }), costCellOf({ group: 'kysely', statement: 'insert' })];
    const { name, markdown } = costSection([costReportOf({ cells })]);
    expect(name).toBe('cost');
    expect(markdown).toContain('`npm run bench -- cost --json` on mariadb 10.11.1');
    expect(markdown).toContain('; counted by callgrind, 5 windows. Load');
    expect(markdown).toContain(
      [
        '## mysql2, each call',
        '',
        '| statement | contender | instructions, one after the other | instructions, 50 at a time | bytes allocated, one after the other | bytes allocated, 50 at a time |',
        '| --- | --- | --- | --- | --- | --- |',
        '| SELECT 1 | mysql2, bare | 74,400 | 74,400 | 6,900 | 6,900 |',
        '|  | gone-away | -14,880 (-20 %) | -14,880 (-20 %) | +2,070 (+30 %) | +2,070 (+30 %) |',
        '',
        '## Kysely, each call',
      ].join('\n'),
    );
    expect(markdown).toContain(
      '| mysql2: gone-away | SELECT 1 | `sendStatement` in `adapters/mysql2/pool/run-statement.ts` 761 |',
    );
  });

  it('is of all runs; of what two of them counted, the later one counts', () => {
    const later = costCellOf({ calls: 7 });
    const reports = [costReportOf(), costReportOf({ cells: [costCellOf({ statement: 'insert' }), later] })];
    expect(costCellsOf(reports)).toEqual([later, costCellOf({ statement: 'insert' })]);
  });

  it('has its place in the page', () => {
    const page = readFileSync(new URL('../../../../bench/performance/page.md', import.meta.url), 'utf8');
    expect(withSection(page, costSection([costReportOf()]))).toContain('# Instructions and allocations');
  });

  it('is read from what npm run bench has printed', () => {
    const report = JSON.parse(JSON.stringify(costReportOf()));
    expect(readReport(JSON.stringify(report), 'a.json')).toEqual(report);
  });
});

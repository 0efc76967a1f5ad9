import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readReport } from '../../../../bench/performance/read-report.ts';
import { drawRecoveryChart } from '../../../../bench/performance/recovery-chart.ts';
import { faultCellsOf, recoverySection } from '../../../../bench/performance/recovery-section.ts';
import { withSection } from '../../../campaigns/guarantees/section.ts';
import { faultCellOf, recoveryReportOf } from './sample.ts';

describe('the recovery in the performance page', () => {
  it('says by what command, and has a table for each fault, with its contenders', () => {
    const { markdown } = recoverySection([recoveryReportOf()]);
    expect(markdown).toContain('`npm run bench -- recovery --json` on mariadb 10.11.1');
    expect(markdown).toContain('; 2 repeats, 50 callers, an outage of 1000 ms. Load');
    expect(markdown).toContain('### kill -9\n\n| contender | first success | all served |');
    expect(markdown).toContain('| mysql2, bare | 1.3 (1.3 to 9; 9) | 20 (20 to -; -), 1 x not within 10 s |');
  });

  it('is of all runs, in the order of the faults; of what two of them measured, the later one counts', () => {
    const later = faultCellOf({ contenders: [] });
    const reports = [recoveryReportOf(), recoveryReportOf({ cells: [later, faultCellOf({ fault: 'rst' })] })];
    expect(faultCellsOf(reports)).toMatchObject([{ fault: 'rst' }, later]);
  });

  it('has its place in the page', () => {
    const page = readFileSync(new URL('../../../../bench/performance/page.md', import.meta.url), 'utf8');
    expect(withSection(page, recoverySection([recoveryReportOf()]))).toContain('# Recovery');
  });

  it('has a chart with the names of contenders and faults', () => {
    const svg = drawRecoveryChart([faultCellOf(), faultCellOf({ fault: 'black-hole' })]);
    expect(svg).toMatch(/^<svg /);
    for (const text of ['mysql2, bare', 'gone-away', 'kill -9', 'black hole', 'all callers served'])
      expect(svg).toContain(text);
  });

  it('is read from what npm run bench has printed', () => {
    const report = JSON.parse(JSON.stringify(recoveryReportOf()));
    expect(readReport(JSON.stringify(report), 'a.json')).toEqual(report);
  });
});

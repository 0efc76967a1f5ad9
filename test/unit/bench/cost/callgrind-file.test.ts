import { describe, expect, it } from 'vitest';
import { instructionsIn, numberedFrom } from '../../../../bench/cost/callgrind-file.ts';

const file = (events: string, totals: string) =>
  ['# callgrind format', 'version: 1', 'desc: Trigger: --dump-before=getpriority', '', `events: ${events}`]
    .concat(['summary: 12', '', 'fn=(1) node::Start', '3 10', '', totals, ''])
    .join('\n');

describe('a file of callgrind', () => {
  it('says how many instructions there were', () => {
    expect(instructionsIn(file('Ir', 'totals: 113114407'))).toBe(113_114_407);
  });

  it.each([
    ['with other events first', file('Ge Ir', 'totals: 5 6')],
    ['that is not whole', file('Ir', '')],
    ['that is none', ''],
  ])('%s is refused', (_, text) => {
    expect(() => instructionsIn(text)).toThrow('expected a file of callgrind');
  });
});

describe('the files of callgrind', () => {
  const names = ['counts.10', 'counts', 'log', 'counts.9', 'counts.1', 'counts.x', 'vgdb-from-7'];

  it('are in the order in which they were written', () => {
    expect(numberedFrom(names, 'counts', 1)).toEqual(['counts.1', 'counts.9', 'counts.10']);
    expect(numberedFrom(names, 'counts', 9)).toEqual(['counts.9', 'counts.10']);
    expect(numberedFrom(names, 'counts', 11)).toEqual([]);
  });
});

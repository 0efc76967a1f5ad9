import { describe, expect, it } from 'vitest';
import { usage as benchUsage } from '../../../../bench/options.ts';
import { parseOptions, usage } from '../../../../bench/recovery/options.ts';
import { faultNames, recoveryContenders } from '../../../../bench/recovery/plan.ts';
import { UsageError } from '../../../support/command/command-line.ts';

describe('the options of npm run bench -- recovery', () => {
  it('ask for everything by default', () => {
    expect(parseOptions([])).toEqual({
      faults: faultNames,
      contenders: recoveryContenders,
      repeats: 30,
      outage: 1_000,
      callers: 50,
      json: false,
    });
  });

  it('ask for some', () => {
    const args = ['--fault', 'rst, kill-9', '--contender', 'gone-away', '--repeats', '5', '--outage', '0'];
    expect(parseOptions([...args, '--callers', '3', '--json'])).toEqual({
      faults: ['rst', 'kill-9'],
      contenders: ['gone-away'],
      repeats: 5,
      outage: 0,
      callers: 3,
      json: true,
    });
  });

  it.each([
    [['--fault', 'fire'], '--fault: expected one of idle-kill, rst, '],
    [['--contender', 'knex'], '--contender: expected one of bare, ping, aws-wrapper, gone-away, got knex'],
    [['--repeats', '0'], '--repeats: expected a whole number from 1 to 100000, got "0"'],
    [['--outage', '1.5'], '--outage: expected a whole number from 0 to 30000, got "1.5"'],
    [['--callers', 'many'], '--callers: expected a whole number from 1 to 10000, got "many"'],
    [['--rounds', '3'], "Unknown option '--rounds'"],
  ])('are refused: %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('explain themselves, and the bench names them', () => {
    expect(parseOptions(['--help'])).toBe('help');
    for (const name of [...faultNames, ...recoveryContenders]) expect(usage).toContain(name);
    expect(benchUsage).toContain('npm run bench -- recovery');
  });
});

import { describe, expect, it } from 'vitest';
import { parseOptions, usage } from '../../../../bench/cost/options.ts';
import { chosenOf, costContenders } from '../../../../bench/cost/plan.ts';
import { usage as benchUsage } from '../../../../bench/options.ts';
import { groups, namesIn } from '../../../../bench/plan.ts';
import { UsageError } from '../../../support/command/command-line.ts';

describe('the options of npm run bench -- cost', () => {
  it('ask for what tells most by default', () => {
    expect(parseOptions([])).toEqual({
      groups: ['mysql2', 'drizzle', 'prisma'],
      statements: ['ping', 'point', 'insert', 'transaction'],
      contenders: undefined,
      concurrencies: [1, 50],
      calls: undefined,
      json: false,
    });
  });

  it('ask for some, and for few calls at a time first', () => {
    const args = ['--group', 'prisma', '--statement', 'rows', '--contender', 'prisma-mysql2', '--concurrency', '5,1'];
    expect(parseOptions([...args, '--calls', '7', '--json'])).toEqual({
      groups: ['prisma'],
      statements: ['rows'],
      contenders: ['prisma-mysql2'],
      concurrencies: [1, 5],
      calls: 7,
      json: true,
    });
  });

  it.each([
    [['--group', 'postgres'], '--group: expected one of mysql2, drizzle, prisma, kysely, got postgres'],
    [['--statement', 'delete'], '--statement: expected one of ping, point, rows, insert, transaction, got delete'],
    [['--contender', 'knex'], '--contender: expected one of bare, gone-away, adapter-mariadb, prisma-mysql2, '],
    [['--group', 'kysely', '--contender', 'prisma-mysql2'], '--contender: expected one of bare, gone-away, got'],
    [['--concurrency', '0'], '--concurrency: expected a whole number from 1 to 1000, got "0"'],
    [['--calls', '1.5'], '--calls: expected a whole number from 1 to 1000000, got "1.5"'],
    [['--rounds', '3'], "Unknown option '--rounds'"],
  ])('are refused: %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('explain themselves, and the bench names them', () => {
    expect(parseOptions(['--help'])).toBe('help');
    for (const name of groups.flatMap((group) => costContenders[group])) expect(usage).toContain(name);
    expect(benchUsage).toContain('npm run bench -- cost');
  });
});

describe('the contenders whose cost is counted', () => {
  it('are some of the bench, the one that they are measured against first', () => {
    for (const group of groups) {
      expect(namesIn(group)).toEqual(expect.arrayContaining([...costContenders[group]]));
      expect(chosenOf(group, undefined)).toEqual(costContenders[group]);
      expect(costContenders[group][0]).toBe(namesIn(group)[0]);
    }
  });

  it('have what they are measured against beside them, and are of no group that has none of them', () => {
    expect(chosenOf('prisma', ['prisma-mysql2'])).toEqual(['adapter-mariadb', 'prisma-mysql2']);
    expect(chosenOf('mysql2', ['prisma-mysql2'])).toEqual([]);
  });
});

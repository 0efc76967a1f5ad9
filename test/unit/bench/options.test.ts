import { describe, expect, it } from 'vitest';
import { chosenGroups, parseOptions, usage } from '../../../bench/options.ts';
import { chosenIn, contenders, groups, namesIn, peers, titleOf, transactionsOnly } from '../../../bench/plan.ts';
import { UsageError } from '../../support/command/command-line.ts';

describe('the options of npm run bench', () => {
  it('ask for everything by default', () => {
    expect(parseOptions([])).toEqual({
      groups: ['mysql2', 'drizzle', 'prisma', 'kysely'],
      statements: ['ping', 'point', 'rows', 'insert', 'transaction'],
      concurrencies: [1, 50, 500],
      paths: ['loopback', 'delay'],
      contenders: undefined,
      rounds: 30,
      calls: undefined,
      json: false,
    });
  });

  it('ask for some', () => {
    const args = ['--group', 'drizzle,mysql2', '--statement', 'point, transaction', '--concurrency', '5'];
    const more = ['--path', 'delay', '--contender', 'knex,rerun', '--rounds', '3', '--calls', '7', '--json'];
    expect(parseOptions([...args, ...more])).toEqual({
      groups: ['drizzle', 'mysql2'],
      statements: ['point', 'transaction'],
      concurrencies: [5],
      paths: ['delay'],
      contenders: ['knex', 'rerun'],
      rounds: 3,
      calls: 7,
      json: true,
    });
  });

  it.each([
    [['--group', 'postgres'], '--group: expected one of mysql2, drizzle, prisma, kysely, got postgres'],
    [['--group', 'mysql2,'], '--group: expected names with commas between them, got mysql2,'],
    [['--statement', 'delete'], '--statement: expected one of ping, point, rows, insert, transaction, got delete'],
    [['--concurrency', '0'], '--concurrency: expected a whole number from 1 to 10000, got "0"'],
    [['--concurrency', '1,many'], '--concurrency: expected a whole number from 1 to 10000, got "many"'],
    [['--path', 'moon'], '--path: expected one of loopback, delay, got moon'],
    [['--contender', 'sequelize'], '--contender: expected one of bare, ping, '],
    [['--group', 'kysely', '--contender', 'knex'], '--contender: expected one of bare, gone-away, got knex'],
    [['--contender', 'rerun', '--statement', 'point'], '--contender: rerun has transactions only'],
    [['--rounds', '0'], '--rounds: expected a whole number from 1 to 1000000, got "0"'],
    [['--calls', '1.5'], '--calls: expected a whole number from 1 to 1000000, got "1.5"'],
    [['--speed', '1'], "Unknown option '--speed'"],
    [['mysql2'], "Unexpected argument 'mysql2'"],
  ])('are refused: %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('explain themselves, with the names of all contenders', () => {
    expect(parseOptions(['--help'])).toBe('help');
    for (const name of groups.flatMap(namesIn)) expect(usage).toContain(name);
  });
});

describe('the contenders of a run', () => {
  it('are all, where none is named', () => {
    expect(chosenIn('kysely', undefined)).toEqual(['bare', 'gone-away']);
    expect(chosenGroups({ groups, contenders: undefined }).map(([group]) => group)).toEqual(groups);
  });

  it('have what they are measured against beside them', () => {
    expect(chosenIn('mysql2', ['knex'])).toEqual(['bare', 'knex']);
    expect(chosenIn('mysql2', ['bare'])).toEqual(['bare']);
  });

  it('are of no group that has none of them', () => {
    expect(chosenGroups({ groups, contenders: ['knex', 'rerun'] })).toEqual([
      ['mysql2', ['bare', 'knex']],
      ['drizzle', ['bare', 'rerun']],
    ]);
  });

  it('are named where something is said of some of them', () => {
    const names = groups.flatMap(namesIn);
    expect(names).toEqual(expect.arrayContaining([...peers, ...transactionsOnly]));
    expect(titleOf('mysql2', 'knex')).toBe(contenders.mysql2.knex);
  });
});

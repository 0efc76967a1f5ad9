import { describe, expect, test } from 'vitest';
import { parseOptions } from '../campaigns/soak/options.ts';
import { UsageError } from '../support/command/command-line.ts';

describe('the options of soak', () => {
  test('ask for half an hour with all clients by default, and for a seed', () => {
    const parsed = parseOptions([]);
    expect(parsed).toMatchObject({
      minutes: 30,
      server: undefined,
      clients: ['mysql2', 'drizzle', 'prisma'],
      leaks: [],
      json: false,
    });
    expect(Number.isInteger(parsed !== 'help' && parsed.seed)).toBe(true);
  });

  test('say another run', () => {
    const args = ['--minutes', '2', '--seed=7', '--server', 'mysql-9', '--client', 'prisma,mysql2', '--json'];
    expect(parseOptions([...args, '--leak', 'timers,memory'])).toEqual({
      minutes: 2,
      seed: 7,
      server: 'mysql-9',
      clients: ['prisma', 'mysql2'],
      leaks: ['timers', 'memory'],
      json: true,
    });
    expect(parseOptions(['--server', '/usr/sbin/mariadbd'])).toMatchObject({ server: '/usr/sbin/mariadbd' });
    expect(parseOptions(['--help'])).toBe('help');
  });

  test.each([
    ['--minutes', '0.2'],
    ['--minutes', 'x'],
    ['--seed', '-1'],
    ['--server', 'postgres'],
    ['--client', 'sequelize'],
    ['--client', 'prisma,prisma'],
    ['--leak', 'water'],
    ['--speed', '1'],
  ])('%s %s is refused', (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(UsageError);
  });
});

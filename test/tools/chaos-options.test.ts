import { describe, expect, test } from 'vitest';
import { parseOptions } from '../campaigns/chaos/options.ts';
import { UsageError } from '../support/command/command-line.ts';

describe('the options of chaos', () => {
  test('a run can be said again by its seed; without one it gets one', () => {
    expect(parseOptions(['--seed', '7', '--minutes', '0.5', '--client', 'drizzle,prisma', '--json'])).toMatchObject({
      seed: 7,
      minutes: 0.5,
      server: 'mariadb',
      clients: ['drizzle', 'prisma'],
      callers: 50,
      json: true,
    });
    const { seed } = parseOptions([]) as { seed: number };
    expect(Number.isInteger(seed)).toBe(true);
  });

  test.each([
    ['--seed', 'x'],
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--minutes', '0'],
    ['--minutes', ''],
    ['--callers', '0'],
    ['--callers', '2.5'],
    ['--server', 'postgres'],
    ['--client', 'drizzle,sequelize'],
  ])('%s %j is refused, with what is expected', (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(UsageError);
    expect(() => parseOptions([`${option}=${value}`])).toThrow(/expected/);
  });

  test('an option that does not exist is refused', () => {
    expect(() => parseOptions(['--speed', '1'])).toThrow(UsageError);
  });
});

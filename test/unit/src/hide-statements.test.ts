import { describe, expect, it } from 'vitest';
import { classify, OutcomeUnknownError, RetriesExhaustedError } from '../../../src/internal.ts';
import { printWithLoggers } from '../../support/print-with-loggers.ts';

const secret = 'SECRET';
const statement = `INSERT INTO notes VALUES ('${secret}')`;

function ours(cause: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError('made up', { failure: classify(new Error('x')), attempts: 1, elapsedMs: 0, cause });
}

const ofMysql2 = () =>
  Object.assign(new Error('Deadlock found'), { errno: 1213, sqlMessage: 'Deadlock found', sql: statement });
const ofMariadb = () =>
  Object.assign(
    new Error(`(conn:1, no: 1213, SQLState: 40001) Deadlock found\nsql: ${statement} - parameters:['${secret}']`),
    {
      sqlMessage: 'Deadlock found',
      sql: `${statement} - parameters:['${secret}']`,
    },
  );
const ofDrizzle = () =>
  Object.assign(new Error(`Failed query: ${statement}\nparams: ${secret}`), {
    query: statement,
    params: [secret],
    cause: ofMysql2(),
  });

describe('what loggers print of an error of this package', () => {
  it.each([
    ['mysql2', ofMysql2],
    ['the driver of MariaDB', ofMariadb],
    ['Drizzle', ofDrizzle],
    ['an error of your code around it', () => new Error('not today', { cause: ofDrizzle() })],
    ['several errors', () => new AggregateError([ofMysql2(), ofDrizzle()], 'all of them')],
  ])('has no statement in it: %s', (_name, make) => {
    expect(printWithLoggers(make()).join('\n')).toContain(secret);
    const cause = make();
    const errors = [make(), cause];
    const details = { failure: classify(cause), attempts: 2, elapsedMs: 0, cause, errors };
    for (const error of [ours(cause), new RetriesExhaustedError('made up', details)]) {
      const printed = printWithLoggers(error).join('\n');
      expect(printed).toContain('made up');
      expect(printed).not.toContain(secret);
    }
  });

  it('has what the server said, and where it happened', () => {
    const printed = printWithLoggers(ours(ofDrizzle())).join('\n');
    expect(printed).toContain('Deadlock found');
    expect(printed).toContain('Failed query');
    expect(printed).toContain('hide-statements.test.ts');
  });
});

describe('the error behind it', () => {
  it('is the same object, and has everything for those who ask by name', () => {
    const drizzle = ofDrizzle();
    const error = ours(drizzle);
    expect(error.cause).toBe(drizzle);
    expect(drizzle).toMatchObject({ query: statement, params: [secret], cause: { errno: 1213 } });
    expect((drizzle.cause as { sql?: string }).sql).toBe(statement);
  });

  it('may be anything', () => {
    const hostile = Object.defineProperty(new Error('c'), 'message', {
      get() {
        throw new Error('hostile');
      },
    });
    for (const cause of [Object.freeze(ofDrizzle()), hostile, 'text', null, 0, new Proxy(new Error('d'), {})]) {
      expect(ours(cause).cause).toBe(cause);
    }
  });
});

import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { formatTable, formatVerdict } from '../../examples/demo/report.ts';
import { summarise, violationsOf } from '../../examples/demo/verdict.ts';
import { attachEvidence, classify, OutcomeUnknownError, RetriesExhaustedError } from '../../src/internal.ts';
import { describeError } from '../support/describe-error.ts';

const secret = 'planted-7f3a';

/** As drivers and ORMs make them: with the statement, its parameters and the row in whatever has room for it. */
const driverError = Object.assign(new Error(`Duplicate entry '${secret}' for key 'email'`), {
  code: 'ER_DUP_ENTRY',
  errno: 1062,
  sql: `INSERT INTO user (email) VALUES ('${secret}')`,
  sqlMessage: `Duplicate entry '${secret}' for key 'email'`,
});
const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', fatal: true, sql: driverError.sql });
attachEvidence(lost, { progress: 'written', atomic: true, rollsBack: false, commits: false, abandoned: false });
const details = { failure: classify(lost), attempts: 2, elapsedMs: 5, cause: lost };
const errors: readonly (readonly [what: string, error: unknown, said: string])[] = [
  ["the driver's", driverError, 'ER_DUP_ENTRY'],
  ["Drizzle's", new DrizzleQueryError(driverError.sql, [secret], driverError), 'ER_DUP_ENTRY'],
  ['one of an application', new TypeError(`no user ${secret}`), 'TypeError'],
  ['a text', secret, ''],
  [
    'ours, outcome unknown',
    new OutcomeUnknownError('unknown', details),
    'OutcomeUnknownError connection-lost unknown ECONNRESET',
  ],
  [
    'ours, given up',
    new RetriesExhaustedError('given up', { ...details, errors: [lost, driverError] }),
    'RetriesExhaustedError connection-lost unknown ECONNRESET',
  ],
  [
    'a connection that is gone',
    new Error("Can't add new command when connection is in closed state"),
    "Can't add new command when connection is in closed state",
  ],
];

describe('what the demo and chaos say of an error', () => {
  test.each(errors)('is enough to know it by, and nothing of its data: %s', (_what, error, said) => {
    expect(describeError(error)).toBe(said);
  });

  test("comes out of the demo's tables, verdict and report as it went in", () => {
    const entries = errors.map(([, error], index) => ({
      operation: { index, at: 0, kind: 'insert' } as const,
      startedAt: index,
      ms: 1,
      answer: 'failed' as const,
      error: describeError(error),
    }));
    const audit = { rows: new Map([[0, 1]]), misplacedMoney: 0, createdMoney: 0 };
    const summary = summarise('drizzle_gone_away', entries, audit, { roundTrips: 1, pings: 0 }, []);
    const violations = violationsOf('drizzle_gone_away', entries, audit);
    const output = [
      formatTable([summary]),
      formatVerdict(violations),
      JSON.stringify({ entries, summary, violations }),
    ];
    expect(violations).toHaveLength(1);
    expect(output.join('\n')).toContain('ER_DUP_ENTRY');
    expect(output.join('\n')).not.toContain(secret);
  });
});

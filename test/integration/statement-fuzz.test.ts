import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { NEVER_A_CALL, PURE_FUNCTIONS } from '../../src/sql/pure-functions.ts';
import { isSafeRead } from '../../src/sql/safe-read.ts';
import { statements } from '../support/fuzz/statement/grammar.ts';
import { StatementOracle } from '../support/fuzz/statement/oracle.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';

const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const runs = Number(process.env.FUZZ_RUNS ?? 1_500);

let server: Server;
let directory: string;
let oracle: StatementOracle;
let generated: readonly string[];

beforeAll(async () => {
  // MySQL lets nobody write files otherwise, and then INTO OUTFILE leaves no trace.
  server = await startServer({ name: 'fuzz', flags: ['--secure-file-priv='] });
  directory = mkdtempSync(join(tmpdir(), 'gone-away-fuzz-'));
  chmodSync(directory, 0o777);
  oracle = new StatementOracle(server.connectionOptions('root'), directory);
  generated = fc.sample(statements(directory), { seed, numRuns: runs });
}, 120_000);

beforeEach(({ skip }) => skip(...notOurs(server, 'it was not started with --secure-file-priv=')));

afterAll(async () => {
  await oracle?.close();
  await server?.destroy();
  rmSync(directory, { recursive: true, force: true });
});

it('calls nothing safe that leaves a trace, or reads one, on a real server under any sql_mode', async () => {
  await oracle.reset();
  const safe = generated.filter((statement) => isSafeRead(statement));
  let executed = 0;
  for (const statement of safe) {
    const { executions, differences } = await oracle.check(statement);
    if (executions > 0) executed++;
    expect(differences, `FUZZ_SEED=${seed} FUZZ_RUNS=${runs}: ${JSON.stringify(statement)}`).toEqual([]);
  }
  report(`${generated.length} statements, ${safe.length} called safe, ${executed} of these executed without an error`);
  // Few safe statements, or only broken ones, would prove nothing.
  expect(safe.length).toBeGreaterThan(runs / 10);
  expect(executed).toBeGreaterThan(runs / 20);
}, 600_000);

it('calls nothing safe where it may lock that leaves a trace, or a lock, when it has run alone', async () => {
  // Its transactions are still open, and would keep the tables from being made anew.
  await oracle.close();
  const alone = new StatementOracle(server.connectionOptions('root'), directory, true);
  try {
    await alone.reset();
    const locking = generated.filter((statement) => !isSafeRead(statement) && isSafeRead(statement, { mayLock: true }));
    let executed = 0;
    for (const statement of locking) {
      const { executions, differences } = await alone.check(statement);
      if (executions > 0) executed++;
      expect(differences, `FUZZ_SEED=${seed} FUZZ_RUNS=${runs}: ${JSON.stringify(statement)}`).toEqual([]);
    }
    report(`${locking.length} safe where they may lock, ${executed} of these executed without an error`);
    expect(executed).toBeGreaterThan(runs / 500);
  } finally {
    await alone.close();
  }
}, 600_000);

describe('the harness sees through a judge that', () => {
  // Each forgets one rule of the real one.
  const weakJudges: Record<string, (sql: string) => boolean> = {
    'looks at the first word': (sql) => /^\s*\(*select\b/i.test(sql),
    'knows one sql_mode only': (sql) => isSafeRead(sql.replace(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/gs, "'x'")),
    'takes every comment for a comment': (sql) => isSafeRead(sql.replace(/\/\*.*?\*\//gs, ' ')),
    'trusts every function': (sql) =>
      isSafeRead(sql.replace(/(?<!\w)(?!select|exists|with)[a-z_]\w*\(/gi, 'coalesce(')),
    'trusts functions by name, with a schema or a space': (sql) =>
      isSafeRead(sql.replace(/app\s*\.\s*(?=\w+\()|\s+(?=\()/gi, '')),
    'overlooks FOR': (sql) => isSafeRead(sql.replace(/\bfor(?:\s|\/\*\*\/)+(?:update|share).*$/gis, '')),
    'overlooks LOCK IN SHARE MODE': (sql) => isSafeRead(sql.replace(/lock\s+in\s+share\s+mode/gi, '')),
    'overlooks INTO': (sql) => isSafeRead(sql.replace(/into\s+\w*\s*['"@].*$/gis, '')),
    'overlooks variables': (sql) => isSafeRead(sql.replace(/@+/g, '')),
    'reads the first statement only': (sql) => isSafeRead(sql.replace(/;.*$/s, '')),
  };

  test.each(Object.entries(weakJudges))(
    '%s',
    async (name, judge) => {
      await oracle.reset();
      // What the real judge calls safe was looked at above.
      const suspects = generated.filter((statement) => judge(statement) && !isSafeRead(statement));
      for (const [index, statement] of suspects.entries()) {
        const { differences } = await oracle.check(statement);
        if (differences.length === 0) continue;
        report(`"${name}": caught by suspect ${index + 1} of ${suspects.length}: ${JSON.stringify(statement)}`);
        return;
      }
      expect.unreachable(`none of ${suspects.length} suspects was caught`);
    },
    600_000,
  );
});

it('never runs a stored function in place of a built-in that it trusts', async () => {
  await oracle.reset();
  const connection = await createConnection(server.connectionOptions('root'));
  const names = [...PURE_FUNCTIONS, ...NEVER_A_CALL];
  for (const name of names) {
    await connection.query(`DROP FUNCTION IF EXISTS \`${name}\``);
    await connection.query(
      `CREATE FUNCTION \`${name}\`() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO effects VALUES (1); RETURN 1; END`,
    );
  }
  const found: string[] = [];
  for (const name of names) {
    for (const call of ['()', '(1)', '(1, 2)', '(1, 2, 3)', ' ()', ' (1)', '/**/(1)']) {
      const statement = `select 1, ${name}${call}`;
      if (!isSafeRead(statement)) continue;
      const errno = await connection.query(statement).then(
        () => 0,
        (error: { errno?: number }) => error.errno,
      );
      // "Incorrect number of arguments for FUNCTION app.x", "FUNCTION app.x does not exist"
      if (errno === 1318 || errno === 1305) found.push(statement);
    }
    const [rows] = await connection.query({ sql: 'SELECT COUNT(*) FROM effects', rowsAsArray: true });
    if (JSON.stringify(rows) !== '[[0]]') found.push(name);
    await connection.query(`DROP FUNCTION \`${name}\``);
  }
  await connection.end();
  expect(found).toEqual([]);
}, 120_000);

/** Numbers worth reading, without being a failure. */
function report(text: string): void {
  process.stdout.write(`statement fuzz, seed ${seed}: ${text}\n`);
}

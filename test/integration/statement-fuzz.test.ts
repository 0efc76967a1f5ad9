import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { pureFunctionsOf } from '../../src/sql/family-functions.ts';
import { NEVER_A_CALL } from '../../src/sql/pure-functions.ts';
import { isSafeRead as isSafeReadAnywhere } from '../../src/sql/safe-read.ts';
import { readServerVersion } from '../../src/sql/server-version.ts';
import { statements } from '../support/fuzz/statement/grammar.ts';
import { StatementOracle } from '../support/fuzz/statement/oracle.ts';
import { notOurs, type Server, startServer } from '../support/server/server.ts';

const seed = Number(process.env.FUZZ_SEED ?? 20261122);
const runs = Number(process.env.FUZZ_RUNS ?? 1_500);

let server: Server;
let directory: string;
let oracle: StatementOracle;
let generated: readonly string[];
/** What the server says that it is. */
let serverVersion: string;

beforeAll(async () => {
  // MySQL lets nobody write files otherwise, and then INTO OUTFILE leaves no trace.
  server = await startServer({ name: 'fuzz', flags: ['--secure-file-priv='] });
  directory = mkdtempSync(join(tmpdir(), 'gone-away-fuzz-'));
  chmodSync(directory, 0o777);
  serverVersion = await askVersion();
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

/** As gone-away asks it, which knows the server that it is connected to. */
function isSafeRead(sql: string, { mayLock = false }: { readonly mayLock?: boolean } = {}): boolean {
  return isSafeReadAnywhere(sql, { mayLock, serverVersion });
}

async function askVersion(): Promise<string> {
  const [{ version = '' } = {}] = await server.admin<readonly { version?: string }[]>('SELECT VERSION() AS version');
  return version;
}

describe('a function that it trusts on this server', () => {
  const modes = ['', 'IGNORE_SPACE', 'ANSI', 'ORACLE'];
  const calls = ['()', '(1)', '(1, 2)', '(1, 2, 3)', '(1, 2, 3, 4)', "('a')", "('a', 'b')", ' ()', ' (1)', '/**/(1)'];

  it('is built in, and comes before a stored function of its name, in every sql_mode', async () => {
    await oracle.reset();
    const version = readServerVersion(serverVersion);
    expect(version).toEqual({ family: server.kind, number: expect.any(Number) });
    const connection = await createConnection(server.connectionOptions('root'));
    const ask = (sql: string): Promise<number> =>
      connection.query(sql).then(
        () => 0,
        (error: { errno?: number }) => error.errno ?? -1,
      );
    const found: string[] = [];
    const check = async (name: string, mode: string): Promise<void> => {
      for (const call of calls) {
        const statement = `select 1, ${name}${call}`;
        if (!isSafeRead(statement)) continue;
        // "Incorrect number of arguments for FUNCTION app.x", "FUNCTION app.x does not exist"
        if ([1305, 1318, 1630].includes(await ask(statement))) found.push(`${mode}: ${statement}`);
      }
      const [rows] = await connection.query({ sql: 'SELECT COUNT(*) FROM effects', rowsAsArray: true });
      if (JSON.stringify(rows) === '[[0]]') return;
      found.push(`${mode}: ${name} was run`);
      await ask('DELETE FROM effects');
    };
    const names = [...pureFunctionsOf(version), ...NEVER_A_CALL];
    const arities = ['', 'a INT', 'a INT, b INT'];
    for (const [index, name] of names.entries()) {
      // Each has another number of arguments, so that one of the calls above would fit.
      const parameters = arities[index % arities.length];
      await ask(`DROP FUNCTION IF EXISTS \`${name}\``);
      await connection.query(
        `CREATE FUNCTION \`${name}\`(${parameters}) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO effects VALUES (1); RETURN 1; END`,
      );
      // What sleeps answers late, and no sooner in another mode. MySQL has no Oracle mode.
      for (const mode of name === 'SLEEP' ? [''] : modes) {
        if ((await ask(`SET sql_mode = '${mode}'`)) === 0) await check(name, mode);
      }
      await ask("SET sql_mode = ''");
      await ask(`DROP FUNCTION \`${name}\``);
      // Where nothing of the user's has its name, it is still there.
      await check(name, '');
    }
    await connection.end();
    expect(found).toEqual([]);
  }, 600_000);

  it('is not one of those that have effects, nor is a variable that earlier statements have left', async () => {
    const connection = await createConnection(server.connectionOptions('root'));
    const [variables] = await connection.query('SHOW SESSION VARIABLES');
    const names = (variables as unknown as readonly { Variable_name: string }[])
      .map(({ Variable_name }) => Variable_name)
      .filter((name) => /^\w+$/.test(name));
    const local: string[] = [];
    for (const name of names) {
      await connection.query(`SELECT @@global.${name}`).catch(() => local.push(name));
    }
    await connection.end();
    expect(local.length).toBeGreaterThan(10);
    const trusted = local.filter((name) => isSafeRead(`select @@${name}`) || isSafeRead(`select @@Session.${name}`));
    // The account's, which stays.
    expect(trusted).toEqual(['external_user', 'proxy_user']);
    expect(names.filter((name) => isSafeRead(`select @@${name}`)).length).toBeGreaterThan(400);
  }, 120_000);
});

/** Numbers worth reading, without being a failure. */
function report(text: string): void {
  process.stdout.write(`statement fuzz, seed ${seed}: ${text}\n`);
}

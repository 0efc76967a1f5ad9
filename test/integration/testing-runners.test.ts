import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../contract/outcome.ts';
import { useStage } from '../support/stage.ts';
import { installJest, makeProject, type Project, type Runner, runExample } from '../support/testing/runners.ts';

/** A runner begins anew each time, and builds nothing itself. */
describe('the example of docs/testing.md', { timeout: 120_000 }, () => {
  const stage = useStage('testing-runners');
  let folder: string;
  let project: Project;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gone-away-testing-'));
    project = await makeProject(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    await stage.server.admin('DROP TABLE IF EXISTS accounts, gone_away_ledger');
    await stage.server.admin('CREATE TABLE accounts (id INT PRIMARY KEY, balance INT NOT NULL)');
  });

  const run = (which: Project, runner: Runner) => runExample(which, runner, { DATABASE_URL: stage.server.url() });
  const balances = () => stage.server.admin('SELECT id, balance FROM accounts ORDER BY id');
  const transferred = [
    { id: 1, balance: 70 },
    { id: 2, balance: 30 },
  ];

  const runners: readonly Runner[] = ['vitest', 'node:test', '@jest/globals'];
  test.for(runners)('passes under %s, which then ends', async (runner, { skip }) => {
    if (runner === '@jest/globals') await installJest().catch((error: Error) => skip(error.message.split('\n')[0]));
    await run(project, runner);
    expect(await balances()).toEqual(transferred);
  });

  test.each([
    [
      'the database is a bare one',
      'withResilience(drizzle(faults.url))',
      'drizzle(faults.url)',
      /MySql2Session\.transaction/,
    ],
    ['the COMMIT is not lost', '/^COMMIT/i', '/^COMIT/i', /loseAnswerOf\(\/\^COMIT\/i\) has not happened/],
  ])('fails where %s', async (_, given, other, reason) => {
    const testFile = project.testFile.replace('transfer.test.js', 'transfer-spoilt.test.js');
    await writeFile(testFile, (await readFile(project.testFile, 'utf8')).replace(given, other));
    expect(await failureOf(run({ ...project, testFile }, 'node:test'))).toMatchObject({
      message: expect.stringMatching(reason),
    });
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import type { ClientName } from '../campaigns/chaos/clients/clients.ts';
import { HistoryFile } from '../campaigns/chaos/history-file.ts';
import { type Outcome, type RunResult, run } from '../campaigns/chaos/run.ts';
import { createSingleServer } from '../campaigns/chaos/worlds/single-server.ts';
import { externalUrl } from '../support/server/external-url.ts';

const clients: readonly ClientName[] = ['naive', 'bare-drizzle', 'bare-mysql2', 'drizzle'];

/** Of unruly transactions, and of sessions that were changed. */
const expectedOfBare = [
  'committed by another',
  'session of another',
  'wrong answer',
  'acknowledged, then lost',
] as const;

/** What shows whether a checker finds anything: the same faults for those who do it wrong. */
describe.skipIf(externalUrl() !== undefined)(
  'the checker of chaos (skipped where MYSQL_URL is set)',
  { timeout: 180_000 },
  () => {
    const results: RunResult[] = [];

    beforeAll(async () => {
      // Whether it is the answer to a COMMIT that is lost is a matter of luck, and the busier the machine, the fewer there are.
      for (let seed = 1; seed <= 5 && !isAllSeen(); seed += 1) {
        results.push(await runOnce(seed));
      }
    }, 300_000);

    /** Of all runs. */
    const of = (client: ClientName): readonly Outcome[] =>
      results.flatMap(({ outcomes }) => outcomes.filter((one) => one.client === client));
    const appliedTwice = () =>
      of('naive').flatMap(({ violations }) => violations.filter(({ offence }) => offence === 'applied twice'));
    const refusedYetApplied = () =>
      of('bare-drizzle')
        .flatMap(({ violations }) => violations.filter(({ offence }) => offence === 'refused, yet applied'))
        .flatMap(({ calls }) => calls.map(({ kind }) => kind));
    const unknown = () =>
      of('drizzle').flatMap(({ history }) => history.calls.filter(({ answer }) => answer === 'unknown'));
    const offencesOfBare = () =>
      of('bare-mysql2').flatMap(({ violations }) => violations.map(({ offence }) => offence));
    const isAllSeen = () =>
      appliedTwice().length > 0 &&
      refusedYetApplied().includes('transfer') &&
      unknown().length > 0 &&
      expectedOfBare.every((offence) => offencesOfBare().includes(offence));

    test('finds that a naive retry applies writes twice', () => {
      const twice = appliedTwice();
      expect(twice.length).toBeGreaterThan(0);
      expect(twice.flatMap(({ calls }) => calls.map(({ answer }) => answer))).toContain('ok');
    });

    test('finds that bare Drizzle says of a COMMIT that it failed, and it did not', () => {
      expect(refusedYetApplied()).toContain('transfer');
    });

    test.each(expectedOfBare)(
      'finds what comes of unruly transactions and of changed sessions on a bare pool: %s',
      (offence) => {
        expect(offencesOfBare()).toContain(offence);
      },
    );

    test('finds nothing of the kind with gone-away, which had to say more than once that nobody can know', () => {
      expect(of('drizzle').flatMap(({ violations }) => violations)).toEqual([]);
      expect(unknown().length).toBeGreaterThan(0);
    });
  },
);

/** One run on a server of its own. */
async function runOnce(seed: number): Promise<RunResult> {
  const world = await createSingleServer(clients.length);
  const file = new HistoryFile();
  try {
    const faults = world.faults.filter(({ name }) => name === 'answers lost');
    return await run({ world, clients, callers: 20, faults, seed, seconds: 12, file, onFault: () => {} });
  } finally {
    await file.remove();
    await world.destroy();
  }
}

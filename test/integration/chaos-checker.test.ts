import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientName } from '../chaos/clients/clients.ts';
import { HistoryFile } from '../chaos/history-file.ts';
import { type Outcome, type RunResult, run } from '../chaos/run.ts';
import type { World } from '../chaos/world.ts';
import { createSingleServer } from '../chaos/worlds/single-server.ts';
import { unhurried } from '../support/stage.ts';

const clients: readonly ClientName[] = ['naive', 'bare-drizzle', 'drizzle'];

/** What shows whether a checker finds anything: the same faults for those who do it wrong. */
describe('the checker of chaos', { ...unhurried, timeout: 180_000 }, () => {
  let world: World;
  let result: RunResult;

  beforeAll(async () => {
    world = await createSingleServer(clients.length);
    const file = new HistoryFile();
    const faults = world.faults.filter(({ name }) => name === 'answers lost');
    const onFault = () => {};
    result = await run({ world, clients, callers: 20, faults, seed: 1, seconds: 12, file, onFault });
    await file.remove();
  }, 180_000);

  afterAll(() => world?.destroy());

  const of = (client: ClientName): Outcome => {
    const outcome = result.outcomes.find((one) => one.client === client);
    if (outcome === undefined) throw new Error(`${client} has not run`);
    return outcome;
  };

  test('finds that a naive retry applies writes twice', () => {
    const twice = of('naive').violations.filter(({ offence }) => offence === 'applied twice');
    expect(twice.length).toBeGreaterThan(0);
    expect(twice.flatMap(({ calls }) => calls.map(({ answer }) => answer))).toContain('ok');
  });

  test('finds that bare Drizzle says of a COMMIT that it failed, and it did not', () => {
    const wrong = of('bare-drizzle').violations.filter(({ offence }) => offence === 'refused, yet applied');
    expect(wrong.flatMap(({ calls }) => calls.map(({ kind }) => kind))).toContain('transfer');
  });

  test('finds nothing of the kind with gone-away, which had to say more than once that nobody can know', () => {
    const { violations, history } = of('drizzle');
    expect(violations).toEqual([]);
    expect(history.calls.filter(({ answer }) => answer === 'unknown').length).toBeGreaterThan(0);
  });
});

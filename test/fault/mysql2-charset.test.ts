import { createPool, type Pool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Resilient, withResilience } from '../../adapters/mysql2/index.ts';
import { OutcomeUnknownError } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** `ħ` is U+0127: a charset of one byte a character sends 0x27, an apostrophe. */
const read = "SELECT id FROM stage_rows WHERE id = 1 OR 'ħ' = 'h'";

describe('a read whose text is not plain ASCII', unhurried, () => {
  const stage = useStage('charset');

  const open = (charset?: string): Resilient<Pool> =>
    stage.closing(withResilience(createPool({ ...stage.direct(), ...(charset !== undefined && { charset }) })));

  /** Kills the one statement that is in flight, then lets whatever comes next through. */
  const killInFlight = async () => {
    const unlock = await stage.lock();
    return async () => {
      const [thread] = await stage.inFlight(1);
      await stage.server.killThread(thread ?? 0);
      await unlock();
    };
  };

  test('is sent again when its answer was lost', async () => {
    const pool = open();
    const kill = await killInFlight();
    const answer = later(pool.query(read));
    await kill();
    expect((await answer)[0]).toEqual([]);
  });

  test.each(['latin1', 'binary'])(
    'is not trusted in %s, where the server may have read something else',
    async (charset) => {
      const pool = open(charset);
      const kill = await killInFlight();
      const text = read.replaceAll("'ħ'", '"ħ"');
      const failure = failureOf(pool.query(text));
      await kill();
      expect(await failure).toBeInstanceOf(OutcomeUnknownError);
    },
  );

  test.each(['latin1', 'binary'])('is sent again in %s when its text is plain ASCII', async (charset) => {
    const pool = open(charset);
    const kill = await killInFlight();
    const answer = later(pool.query('SELECT id FROM stage_rows'));
    await kill();
    expect((await answer)[0]).toEqual([]);
  });
});

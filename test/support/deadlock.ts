import { createConnection } from 'mysql2/promise';
import type { Stage } from './stage.ts';

/** Another transaction that holds row 2 of `stage_keyed`. It has written more, so that the server undoes the one under test. */
export interface DeadlockOpponent {
  /** Asks for row 1. Comes when it waits for that: whoever holds row 1 and asks for row 2 now is the victim of a deadlock. */
  waitForRow1(): Promise<void>;
  /** Asks for row 1: whoever holds that and waits for row 2 is the victim of a deadlock. */
  askForRow1(): void;
  /** Gives up both rows, once it has row 1. */
  end(): Promise<void>;
}

/** Makes rows 1 and 2 of `stage_keyed`, and an opponent, which ends with the test. */
export async function openOpponent(stage: Stage): Promise<DeadlockOpponent> {
  await stage.server.admin('INSERT INTO stage_keyed (id, writes) VALUES (1, 0), (2, 0)');
  const connection = await createConnection(stage.direct('root'));
  stage.playsRoot(connection.threadId);
  let answer: Promise<unknown> = Promise.resolve();
  const askForRow1 = () => {
    answer = connection.query('SELECT * FROM stage_keyed WHERE id = 1 FOR UPDATE').catch(() => {});
  };
  const end = async () => {
    await answer;
    await connection.query('ROLLBACK');
  };
  stage.after(async () => {
    await end();
    await connection.end();
  });
  await connection.query('BEGIN');
  const others = Array.from({ length: 200 }, (_, n) => `(${1_000 + n}, 0)`).join();
  await connection.query(`INSERT INTO stage_keyed (id, writes) VALUES ${others}`);
  await connection.query('SELECT * FROM stage_keyed WHERE id = 2 FOR UPDATE');
  const waitForRow1 = async () => {
    askForRow1();
    await stage.inFlightBehindRow();
  };
  return { waitForRow1, askForRow1, end };
}

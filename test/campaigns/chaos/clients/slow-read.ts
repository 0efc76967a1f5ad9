import { heldValue } from '../tables.ts';
import type { Work } from '../work.ts';
import { expectAnswer } from './client.ts';
import type { Lone } from './session.ts';

/** A read that waits for as long as somebody holds its row. Its text says whose call it is, for the operator to know it again. */
export async function readSlowly({ read }: Lone, { id }: Work): Promise<void> {
  const text = `SELECT value, ${id} AS call_id FROM held WHERE id = 1 LOCK IN SHARE MODE`;
  expectAnswer('the held row', await read(text), heldValue);
}

/** The id of the call that has sent this statement, where it is a slow read. */
export function callOfSlowRead(text: string): number | undefined {
  const [, id] = /^SELECT value, (\d+) AS call_id /.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}

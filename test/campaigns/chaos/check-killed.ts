import type { Offence } from './check.ts';
import type { Call, History, Note } from './history.ts';

/** How often a statement may be sent again whose connection was lost under it: the default of the option of this name. */
export const lossRetries = 2;

/** Within how many milliseconds a fault notes what it has done: what was lost may hear of it before. */
const notedWithin = 100;

/** What an operator who ends a read may expect of the client that has sent it. */
export function offenceOfKilled(call: Call, history: History): Offence | undefined {
  const notes = history.notes.filter(({ id }) => id === call.id);
  const seenAfter = (at: number) => notes.find((note) => note.did === 'see' && note.at > at);
  const lastKill = notes.filter(({ did }) => did === 'KILL')[lossRetries];
  if (lastKill !== undefined && seenAfter(lastKill.at) !== undefined) return 'sent again too often';
  const interruption = notes.find(({ did }) => did === 'KILL QUERY');
  const again = interruption && seenAfter(interruption.at);
  // Where something else happened as well, the answer may have been lost that said so.
  if (again !== undefined && isQuiet(history, call.startedAt, again.at)) return 'interrupted, yet sent again';
  return undefined;
}

/** Whether a read may have ended because its connections were lost too often. */
export function wasLostTooOften({ id, kind, startedAt, endedAt }: Call, history: History): boolean {
  const cuts = history.faults
    .flatMap((fault) => fault.cuts ?? [])
    .filter((at) => at >= startedAt && at <= endedAt + notedWithin);
  if (cuts.length > lossRetries) return true;
  if (kind !== 'slow-read') return false;
  // A KILL that was meant for another call may meet the one that its connection has come to since: the operator looks first, and ends then.
  const mayHaveMet = ({ id: other, at }: Note) => other === id || (at >= startedAt && at <= endedAt);
  const kills = history.notes.filter((note) => note.did === 'KILL' && mayHaveMet(note));
  return kills.length > lossRetries || !isQuiet(history, startedAt, endedAt);
}

function isQuiet({ faults, stalls }: History, from: number, to: number): boolean {
  return [...faults, ...stalls].every((trouble) => trouble.to < from || trouble.from > to);
}

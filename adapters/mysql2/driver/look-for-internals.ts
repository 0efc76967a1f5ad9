import type { Pool, PoolConnection } from 'mysql2';
import { processWide } from '../../../src/internal.ts';
import type { PoolInternals } from './internals.ts';
import { type Found, knownInternals, type Part, parts } from './known-internals.ts';
import { sampleCommands } from './sample-commands.ts';

/** What gone-away can know of one connection: of what is `lost`, it knows nothing. */
export interface Knowledge {
  readonly missing: readonly string[];
  readonly lost: ReadonlySet<Part>;
}

/** Looks for every internal of mysql2 that gone-away reads. Sends nothing; to be called once for each connection, when it was made. */
export function lookForInternals(pool: Pool, connection: PoolConnection): Knowledge {
  const found = {
    connection: connection as unknown as Found['connection'],
    pool: pool as unknown as PoolInternals,
    commands: sampleCommands(connection),
  };
  const missing = knownInternals.filter(({ isFound }) => !isFound(found));
  return { missing: missing.map(({ name }) => name), lost: new Set(missing.flatMap(({ parts: lost }) => lost)) };
}

/** Says what gone-away does not know with this version of mysql2: once in the life of the process, or once for each where several are in use. */
export function warnOfMissing({ missing, lost }: Knowledge): void {
  if (missing.length === 0) return;
  warnOnce(`This version of mysql2 lacks what gone-away reads: ${missing.join(', ')}`, lost);
}

/** Says what gone-away does not know of a server that counts its packets on from command to command: once in the life of the process. */
export function warnOfNumbering(): void {
  warnOnce(
    "A server does not number its packets anew with each command, as the protocol has it (mysql2's createServer() is one that does not)",
    ['answers'],
  );
}

function warnOnce(reason: string, lost: Iterable<Part>): void {
  const warnedOf = processWide('mysql2-warnings', () => new Set<string>());
  if (warnedOf.has(reason)) return;
  warnedOf.add(reason);
  const unknown = [...lost].map((part) => parts[part]);
  // biome-ignore lint/style/noRestrictedGlobals: a warning, no timer
  process.emitWarning(
    `${reason}. Nothing is taken for proven that rests on it. gone-away cannot know ${unknown.join('. It cannot know ')}.`,
    { code: 'GONE_AWAY_MYSQL2' },
  );
}

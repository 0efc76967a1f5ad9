import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Server } from '../../../support/server/server.ts';
import { kill } from '../../../support/server/server-faults.ts';
import { callOfSlowRead } from '../clients/slow-read.ts';
import type { Note } from '../history.ts';
import type { Clock } from '../load.ts';
import { clientOf } from '../tables.ts';
import { repeatAsRoot } from './session-of-root.ts';

export interface OperatorOptions {
  readonly server: Server;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  readonly clock: Clock;
  add(note: Note): void;
}

/** Milliseconds between two looks at the process list. */
const every = 50;
/** For how many milliseconds a SELECT may be seen there. MySQL itself counts in seconds. */
const limit = 300;

type Fate = 'spare' | 'KILL' | 'KILL QUERY';

interface Seen {
  readonly since: number;
  /** What becomes of it at the limit. */
  readonly fate: Fate;
  ended: boolean;
}

type Thread = RowDataPacket & { readonly id: number; readonly db: string; readonly info: string };

/**
 * Somebody who looks after the server, with a list of what runs on it: a SELECT of `app` that takes too long is ended, mostly with its
 * connection. Some are spared. Who sends the same slow read again meets the same fate.
 *
 * @returns a function that ends it
 */
export function employOperator(options: OperatorOptions): () => Promise<void> {
  const { server, add, clock } = options;
  let seen: ReadonlyMap<string, Seen> = new Map();
  const fates = new Map<string, Fate>();
  const fateOf = (read: string) => {
    const fate = fates.get(read) ?? fateFrom(options.random());
    fates.set(read, fate);
    return fate;
  };
  return repeatAsRoot(server, async (root) => {
    const running = new Map<string, Seen>();
    for (const { id: thread, db, info } of await longReads(root)) {
      const id = callOfSlowRead(info);
      const note = (did: Note['did']) => {
        add({ type: 'note', did, client: clientOf(db), ...(id !== undefined && { id }), at: clock() });
      };
      const key = `${thread} ${info}`;
      const known = seen.get(key);
      const fate = () => (id === undefined ? fateFrom(options.random()) : fateOf(`${db} ${id}`));
      const read = known ?? { since: clock(), fate: fate(), ended: false };
      running.set(key, read);
      if (known === undefined && id !== undefined) note('see');
      if (read.ended || read.fate === 'spare' || clock() - read.since < limit) continue;
      read.ended = true;
      note(read.fate);
      await kill(root, read.fate, thread);
    }
    seen = running;
    await delay(every);
  });
}

async function longReads(root: Connection): Promise<readonly Thread[]> {
  const [rows] = await root.query<Thread[]>(
    `SELECT id AS id, db AS db, info AS info FROM information_schema.processlist
     WHERE user = 'app' AND command IN ('Query', 'Execute') AND info LIKE 'SELECT%' AND db LIKE 'chaos\\_%'`,
  );
  return rows;
}

function fateFrom(dice: number): Fate {
  if (dice < 0.15) return 'spare';
  return dice < 0.75 ? 'KILL' : 'KILL QUERY';
}

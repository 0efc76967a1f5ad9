import { clusterWorlds } from '../chaos/worlds/worlds.ts';
import { type Campaign, UnavailableError } from './campaign.ts';
import { type ClusterName, clusterEvents } from './cluster-events.ts';
import { failuresOf, formatEvent } from './cluster-report.ts';

/** The same events and the same calls each time. */
const seed = 1;

export const clusterNames = Object.keys(clusterWorlds) as readonly ClusterName[];

/** Each event in the life of a cluster once, under load of this package and of bare Drizzle. One counts as one test. */
export function eventsOn(name: ClusterName): Campaign {
  return {
    name,
    run: async ({ say }) => {
      await clusterWorlds[name].find().catch((error: unknown) => {
        throw new UnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
      });
      const { version, rows } = await clusterEvents(name, { seed, onRow: (row) => say(formatEvent(row)) });
      const failures = rows.flatMap(failuresOf);
      const passed = rows.filter((row) => failuresOf(row).length === 0).length;
      return { version, passed, skipped: 0, reasons: [], failures, events: rows };
    },
  };
}

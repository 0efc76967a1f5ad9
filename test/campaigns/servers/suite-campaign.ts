import { findServerBinary } from '../../support/server/find-server-binary.ts';
import { type Campaign, UnavailableError } from './campaign.ts';
import { runTests } from './run-tests.ts';

/** The layers whose tests talk to a server; the others know none, and say the same on all. */
export const servedLayers: readonly string[] = ['bundled', 'contract', 'fault', 'fuzz', 'integration', 'tools'];

/** The project's own tests on one server that `GONE_AWAY_SERVER` can name. */
export function suiteOn(name: string): Campaign {
  return {
    name,
    run: async ({ files, say }) => {
      const { version } = await findServerBinary(name).catch((error: unknown) => {
        throw new UnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
      });
      return { version, ...(await runTests({ layers: servedLayers, files, env: { GONE_AWAY_SERVER: name }, say })) };
    },
  };
}

import { createLedger } from '../../../adapters/mysql2/index.ts';
import { err, packet } from '../fuzz/hostile/packets.ts';
import type { ProxyConnection } from '../proxy/fault-proxy-connection.ts';
import type { Stage } from '../stage.ts';
import type { LedgerBinding } from './bindings.ts';

export interface LedgerRow {
  readonly token: string;
  readonly state: string;
  readonly result: string | null;
}

/** The ledger of a test, as root sees it. */
export async function ledgerOf(stage: Stage): Promise<readonly LedgerRow[]> {
  return stage.server.admin('SELECT HEX(token) AS token, state, result FROM gone_away_ledger ORDER BY state, token');
}

/** Makes an empty ledger through a pool of its own. */
export async function freshLedger(stage: Stage, binding: Pick<LedgerBinding, 'pool'>): Promise<void> {
  await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
  await createLedger(binding.pool);
}

/** How COMMIT fares, once. */
export type CommitFate =
  /** It never reaches the server, and the server notices the end of the connection. */
  | 'lost on its way'
  /** The server executes it, and its answer is lost. */
  | 'executed';

/** What its user hears instead: nothing more on this connection, or an error in no table. */
export type CommitAnswer = 'none' | 'an error that nobody knows';

/** Breaks the next COMMIT. Resolves when that has happened. */
export function breakCommit(stage: Stage, fate: CommitFate, answer: CommitAnswer = 'none'): Promise<void> {
  return new Promise((resolve) => {
    let committing: number | undefined;
    const spoil = (connection: ProxyConnection) => {
      if (answer === 'none') connection.reset();
      else connection.answer(packet(1, err(8_670, 'HY000', 'Something broke')));
      resolve();
      return 'swallow' as const;
    };
    const stop = stage.proxy.onClientData((chunk, connection) => {
      if (!isCommit(chunk)) return 'forward';
      stop();
      committing = connection.id;
      return fate === 'executed' ? 'forward' : spoil(connection);
    });
    const stopAnswers = stage.proxy.onServerData((_, connection) => {
      if (connection.id !== committing) return 'forward';
      stopAnswers();
      return spoil(connection);
    });
  });
}

/** A packet of the protocol: a header, COM_QUERY, on MySQL the count of its attributes, and the text. */
export function isCommit(chunk: Buffer): boolean {
  return chunk.length <= 16 && chunk[4] === 3 && chunk.toString('latin1').toLowerCase().endsWith('commit');
}

import { createPool } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type ResilientClient, registeredClient } from '../../adapters/mysql2/client.ts';
import { createLedger, withResilience } from '../../adapters/mysql2/index.ts';
import { ledgerStatements } from '../../adapters/mysql2/ledger/ledger-table.ts';
import { settleCommit } from '../../adapters/mysql2/ledger/settlement.ts';
import { randomToken } from '../../adapters/mysql2/ledger/token.ts';
import type { Lease } from '../../adapters/mysql2/pool/lease.ts';
import { Patience, type ResilienceOptions } from '../../src/internal.ts';
import { unhurried, useStage } from '../support/stage.ts';

/** Half of a connection: this side has lost it, and the server has not noticed. */
describe('a token that an open session holds', unhurried, () => {
  const stage = useStage('ledger-session');
  const statements = ledgerStatements('gone_away_ledger');
  const token = randomToken();
  const limits = { attemptTimeout: undefined, signal: undefined };

  const holding = async (policy: ResilienceOptions): Promise<{ client: ResilientClient; lost: Lease }> => {
    const pool = withResilience(stage.closing(createPool(stage.direct())), policy);
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    await createLedger(pool);
    const client = registeredClient(pool) as ResilientClient;
    const lost = await client.core.acquire(client.policy, new Patience(performance.now, client.policy), false);
    stage.after(async () => lost.destroy('dirty'));
    await lost.run('query', 'BEGIN', undefined, limits);
    await lost.run('query', statements.claim(token), undefined, limits);
    return { client, lost };
  };
  const outcome = (client: ResilientClient, lost: Lease) =>
    settleCommit(client, statements, { token, lost, notAfter: Date.now() / 1_000 + 60 });

  test('is fenced when the session was killed', async () => {
    const { client, lost } = await holding({});
    expect(await outcome(client, lost)).toBe('rolled-back');
    expect(await stage.server.admin('SELECT state FROM gone_away_ledger')).toEqual([{ state: 'fenced' }]);
  });

  test('is not decided as long as nobody kills the session', async () => {
    const { client, lost } = await holding({ killLostSessions: false, maxRetryTime: 2_500 });
    expect(await outcome(client, lost)).toBe('unknown');
    await lost.run('query', 'COMMIT', undefined, limits);
    expect(await outcome(client, lost)).toBe('committed');
  });
});

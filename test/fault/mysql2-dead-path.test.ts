import { beforeAll, describe, expect, test } from 'vitest';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { type DeadPathReport, findDeadPaths, reportDeadPaths } from '../support/proxy/network/dead-path.ts';

const missing = await whyNot(findDeadPaths);

/** TCP's own probes end it: the kernel of a dead peer acknowledges none, also where no list of threads tells of the session. */
describe(titleOf('a statement on a path that drops every packet', missing), { skip: missing !== undefined }, () => {
  let reports: readonly DeadPathReport[];
  beforeAll(async () => {
    reports = await reportDeadPaths();
  }, 240_000);

  test('ends in a session that has become another user’s', () => {
    expect(reports).toContainEqual({ situation: 'user-changed', codes: ['ETIMEDOUT'] });
  });

  test('ends where no connection is idle, and the server takes no new ones: nobody can know what became of it', () => {
    expect(reports).toContainEqual({
      situation: 'no-connection-left',
      codes: ['ERR_GONE_AWAY_OUTCOME_UNKNOWN', 'ETIMEDOUT'],
    });
  });
});

import { TestRunner } from 'vitest';
import { notOurs, type Server } from '../server/server.ts';

/** What changes the server for everybody who uses it, or needs rights that its user may not have. */
const beyondUse = /\b(SET\s+(GLOBAL|PERSIST)|(CREATE|DROP|ALTER)\s+USER|GRANT|REVOKE|SHUTDOWN)\b/i;

/**
 * The server of a stage, for the test that runs. On somebody else's server a test can do all that harms nobody; at the first thing
 * that would, it is skipped, and says what that was. A test that has by then begun what only a later step ends asks `notOurs` before.
 * A server of our own is handed back as it is.
 */
export function borrow(server: Server): Server {
  if (server.controllable) return server;
  const skipAt = (what: string) => async (): Promise<never> => {
    const test = TestRunner.getCurrentTest();
    const [, reason] = notOurs(server, what);
    if (test === undefined) throw new Error(reason);
    return test.context.skip(reason);
  };
  return {
    ...server,
    kill9: skipAt('it is not killed'),
    stop: skipAt('it is not stopped'),
    start: skipAt('it is not started'),
    restart: skipAt('it is not restarted'),
    freeze: skipAt('it is not frozen'),
    thaw: skipAt('it is not frozen'),
    admin: (sql, params) => {
      const [verb] = beyondUse.exec(sql) ?? [];
      return verb === undefined ? server.admin(sql, params) : skipAt(`no ${verb.toUpperCase()} there`)();
    },
  };
}

import type { Pool, PoolConnection } from 'mysql2';
import { processWide, timers } from '../../../src/internal.ts';
import { guardNewestConnection, logInAs, willConnect } from '../driver/pool.ts';
import { type AsksForCredentials, connectWith } from './credential-source.ts';

type GetCallback = Parameters<Pool['getConnection']>[0];

function sources(): WeakMap<Pool, AsksForCredentials> {
  return processWide('pool-credentials.1', () => new WeakMap());
}

/** What says as whom the connections of this pool log in; undefined where its options say it once and for all. */
export function credentialsOf(pool: Pool): AsksForCredentials | undefined {
  return sources().get(pool);
}

/** Lets a pool that gone-away has made ask for its credentials, for each connection that it makes, whoever needs it. */
export function useCredentials(pool: Pool, source: AsksForCredentials): void {
  sources().set(pool, source);
  const own = pool.getConnection.bind(pool);
  pool.getConnection = (callback: GetCallback) => {
    if (!willConnect(pool)) {
      own(callback);
      return;
    }
    const connected = connectWith(source, (credentials) => {
      if (credentials !== undefined) logInAs(pool, credentials);
      return new Promise<PoolConnection>((resolve, reject) => {
        own((error, connection) => (error ? reject(error) : resolve(connection)));
        guardNewestConnection(pool);
      });
    });
    connected.then(
      // What the callback throws is an uncaught exception, as with every pool of mysql2.
      (connection) => timers.queueMicrotask(() => callback(null, connection)),
      (error: NodeJS.ErrnoException) => timers.queueMicrotask(() => callback(error, undefined as never)),
    );
  };
}

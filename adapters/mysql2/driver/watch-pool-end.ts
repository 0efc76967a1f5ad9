import type { Pool } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import type { ConnectionInternals } from './internals.ts';
import { connectionsOf } from './pool.ts';

type EndCallback = (error?: unknown) => void;

/**
 * Calls back when somebody ends the pool, through whichever of its wrappers: mysql2 has no event for that. The end of a pool waits until each connection has
 * had its turn to say farewell, or is gone; who ends it again waits for the same.
 */
export function watchPoolEnd(pool: Pool, listener: () => void): void {
  const end = pool.end as (callback: EndCallback) => unknown;
  const waiting: EndCallback[] = [];
  let state: 'open' | 'ending' | 'ended' = 'open';
  pool.end = ((callback?: EndCallback) => {
    if (typeof callback === 'function') {
      if (state === 'ended') timers.nextTick(callback);
      else waiting.push(callback);
    }
    if (state !== 'open') return;
    state = 'ending';
    for (const connection of connectionsOf(pool)) countLossAsEnd(connection);
    try {
      end.call(pool, (error) => {
        state = 'ended';
        for (const told of waiting.splice(0)) told(error);
      });
    } finally {
      listener();
    }
  }) as Pool['end'];
}

/**
 * mysql2 queues a farewell (COM_QUIT) behind the statement that is in flight, and waits until it is sent. Of a connection that is destroyed before that, it never hears;
 * and one that is lost fails the end of the whole pool, before the others have ended. One that its user destroys is no business of the pool's any more, however
 * long its server takes for what is under way.
 */
function countLossAsEnd(connection: ConnectionInternals): void {
  const { _realEnd: end } = connection;
  if (end === undefined) return;
  connection._realEnd = (callback) => {
    const { stream, destroy } = connection;
    let told = false;
    const tell = () => {
      if (told) return;
      told = true;
      stream?.removeListener('close', ended);
      callback();
    };
    const ended = () => {
      // A server that does not answer the farewell must not keep the process.
      if (!told) stream?.unref?.();
      tell();
    };
    stream?.once('close', ended);
    if (destroy !== undefined) {
      connection.destroy = () => {
        destroy.call(connection);
        tell();
      };
    }
    return end.call(connection, ended);
  };
}

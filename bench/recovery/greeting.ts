import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { now } from './clock.ts';

/** Milliseconds from one try to the next. */
const pause = 2;

/** What follows the header of four bytes: the version of the protocol, of a server that takes the connection. An error has 255 there. */
const greeting = 10;

/** Tries to connect until the server greets. @returns when it did, on the monotonic clock */
export async function awaitGreeting(port: number, signal: AbortSignal): Promise<number> {
  for (;;) {
    const at = await tryToConnect(port, signal);
    if (at !== undefined) return at;
    await delay(pause, undefined, { signal });
  }
}

async function tryToConnect(port: number, signal: AbortSignal): Promise<number | undefined> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
    return chunk[4] === greeting ? now() : undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  } finally {
    // Nobody is listening to it any more.
    socket.on('error', () => {});
    socket.destroy();
  }
}

import { isIP } from 'node:net';
import type { Connection } from 'mysql2';
import { timers } from '../../../src/internal.ts';
import { type Endpoints, endpointsOf, threadIdOf, userNow } from '../driver/connection.ts';

/** What a session is known by on the server, noted while its connection is healthy: a lost socket tells nothing any more. */
export interface Session {
  readonly threadId: number | undefined;
  readonly endpoints: Endpoints | undefined;
  /** As whom it logged in. */
  readonly user: string | undefined;
  /** When this was noted, on the monotonic clock, in milliseconds: it had begun by then. */
  readonly knownSince: number;
  /** The server on which a control connection has seen it; undefined as long as none has. */
  seenOn: string | undefined;
  /** It has been somebody else's since it began (`changeUser()`), who may not even be seen by those of the pool. */
  userChanged: boolean;
}

export function sessionOf(connection: Connection): Session {
  return {
    threadId: threadIdOf(connection),
    endpoints: endpointsOf(connection),
    user: userNow(connection),
    knownSince: timers.now(),
    seenOn: undefined,
    userChanged: false,
  };
}

/** A row of the server's process list. */
export interface Thread {
  readonly id: number;
  readonly user: string;
  /** As the server knows the client: address or name, and port. `localhost` without a port for a socket file. */
  readonly host: string;
  readonly command: string;
  /** What it does for that command at the moment, in the words of the server. */
  readonly state: string;
}

/** What a control connection knows of itself. */
export interface ControlSelf {
  /** By the handshake. */
  readonly threadId: number | undefined;
  /** By `CONNECTION_ID()`. */
  readonly connectionId: number;
  readonly endpoints: Endpoints | undefined;
  /** As whom it logged in: a server may not show the sessions of anybody else. */
  readonly user: string | undefined;
  /** What names the server, whatever its address. */
  readonly server: string;
  /** When it started at the latest, on the monotonic clock, in milliseconds; undefined where it does not say. */
  readonly serverSince: number | undefined;
}

/**
 * What a process list says of a session.
 *
 * - `running`, `idle`: it is there, and provably the one.
 * - `receiving`: it executes a statement, and waits for more of what this side has to send (the file of LOAD DATA LOCAL).
 * - `hidden`: a thread of its number is there, which the server shows as somebody else's, or not at all. It runs a routine, a trigger or a view with the
 *   rights of its definer, and goes by that name as long as it does.
 * - `absent`: the list has no such session, and comes from the address that the session's connection goes to.
 * - `unprovable`: something stands between here and the server, so that neither ids nor addresses mean anything.
 */
export type Sighting = 'running' | 'idle' | 'receiving' | 'hidden' | 'absent' | 'unprovable';

/** MariaDB's and MySQL's words, measured on 10.11 and 9.7: only while they read; behind a lock, with all of the file read, they say something else. */
const receivingStates: ReadonlySet<string> = new Set(['Reading from net', 'Receiving from client']);

/**
 * Looks for a session in a process list. Pure.
 *
 * Thread ids begin anew with every start of the server, so an id alone is anybody's: it counts together with the user and with the
 * client's address and port. Whether addresses mean anything, the control connection finds out by itself: the server has to know it by its
 * thread id and by its own socket's address, which a proxy in between, or a translation of addresses, would have replaced.
 *
 * @param unlisted threads that are there, and that the list does not show
 */
export function findSession(
  session: Session,
  self: ControlSelf,
  threads: readonly Thread[],
  unlisted: readonly number[],
): Sighting {
  const { endpoints: lost, threadId } = session;
  const { endpoints: own } = self;
  if (lost === undefined || own === undefined || threadId === undefined || session.userChanged) return 'unprovable';
  // Credentials may change, and the user with them.
  if (session.user === undefined || session.user !== self.user) return 'unprovable';
  if (lost.remoteAddress !== own.remoteAddress || lost.remotePort !== own.remotePort) return 'unprovable';
  const mine = threads.find(({ id }) => id === self.connectionId);
  if (mine === undefined || self.connectionId !== self.threadId) return 'unprovable';
  const hostOfMine = hostBefore(mine.host, own.localPort);
  if (hostOfMine === undefined) return 'unprovable';
  const known = normalized(hostOfMine);
  // A server that resolves names shows one; it stands for the same address in both rows, or for nothing that could be compared.
  if (isIP(known) !== 0 ? known !== normalized(own.localAddress) : lost.localAddress !== own.localAddress) {
    return 'unprovable';
  }
  const thread = threads.find(({ id }) => id === threadId);
  if (thread === undefined) return unlisted.includes(threadId) && isOfThisRun(session, self) ? 'hidden' : 'absent';
  if (thread.user !== mine.user) {
    // Its host is that of the other name, too.
    const isDefiners = thread.command !== 'Sleep' && hostBefore(thread.host, lost.localPort) !== undefined;
    return isDefiners && isOfThisRun(session, self) ? 'hidden' : 'absent';
  }
  const host = hostBefore(thread.host, lost.localPort);
  const expected = isIP(known) === 0 ? known : normalized(lost.localAddress);
  if (host === undefined || normalized(host) !== expected) return 'absent';
  if (thread.command === 'Sleep') return 'idle';
  return thread.command !== 'Killed' && receivingStates.has(thread.state) ? 'receiving' : 'running';
}

/** In one run of a server, a number is never given to a second thread. Servers say in whole seconds for how long they have been running. */
function isOfThisRun({ knownSince }: Session, { serverSince }: ControlSelf): boolean {
  return serverSince !== undefined && serverSince - 1_000 <= knownSince;
}

/** `address:port` without the port, if it is this one. */
function hostBefore(host: string, port: number): string | undefined {
  const end = `:${port}`;
  return host.endsWith(end) ? host.slice(0, -end.length) : undefined;
}

/** An IPv4 address may come in the clothes of IPv6. */
function normalized(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').toLowerCase();
}

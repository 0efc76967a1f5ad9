import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface SocketWatch {
  /** How many sockets this process has begun to connect since then. */
  count(): number;
  /** How many of them are open, or still connecting; with a port, only those that are connected to it. */
  open(port?: number): number;
  stop(): void;
}

/** Watches the sockets that this process connects to anything from now on, the test's own included. */
export function watchSockets(): SocketWatch {
  let count = 0;
  const open = new Set<Socket>();
  const listener = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    count += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  subscribe('net.client.socket', listener);
  return {
    count: () => count,
    // A destroyed socket is closed; that it says so a moment later is Node's affair.
    open: (port) =>
      [...open].filter((socket) => !socket.destroyed && (port === undefined || socket.remotePort === port)).length,
    stop: () => unsubscribe('net.client.socket', listener),
  };
}

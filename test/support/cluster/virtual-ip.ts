import { connect } from 'node:net';
import type { ConnectionOptions } from 'mysql2/promise';
import { createFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import type { Server, ServerUser } from '../server/server.ts';

/** One address that stands for whichever server it is pointed to, which sees the clients' own addresses and ports. */
export class VirtualIp {
  readonly proxy: FaultProxy;
  #server: Server;

  constructor(proxy: FaultProxy, server: Server) {
    this.proxy = proxy;
    this.#server = server;
  }

  /** New connections go to this server. What is open stays where it is: moving an address ends no connection. */
  pointTo(server: Server): void {
    this.#server = server;
    this.proxy.redirect({ host: server.host, port: server.port });
  }

  connection(user: ServerUser = 'app'): ConnectionOptions {
    const { host, port } = this.proxy;
    return {
      ...this.#server.connectionOptions(user),
      host,
      port,
      connectTimeout: 1_000,
      stream: () => connect({ host, port, localAddress: '127.0.0.1', noDelay: true }),
    };
  }
}

export async function startVirtualIp(server: Server): Promise<VirtualIp> {
  return new VirtualIp(await createFaultProxy({ host: server.host, port: server.port, transparent: true }), server);
}

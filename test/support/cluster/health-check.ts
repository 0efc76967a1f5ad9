import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What says by HTTP whether a server may be used, as load balancers ask for it: 200 or 503. */
export interface HealthCheck {
  readonly port: number;
  close(): Promise<void>;
}

/** @param isHealthy asked anew for each request; one that fails says no */
export async function startHealthCheck(isHealthy: () => Promise<boolean>): Promise<HealthCheck> {
  const server = createServer((_request, response) => {
    isHealthy()
      .catch(() => false)
      .then((healthy) => response.writeHead(healthy ? 200 : 503, { connection: 'close' }).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

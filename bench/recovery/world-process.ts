import { Network } from '../../test/support/proxy/network/network.ts';
import { launchLocalServer } from '../../test/support/server/local-server.ts';
import { withConnection } from '../../test/support/server/server-admin.ts';
import { killConnections } from '../../test/support/server/server-faults.ts';
import { answerQuestions } from '../remote.ts';
import { targetOf } from '../target.ts';
import { faults, type World } from './faults.ts';
import { isOfCallers } from './plan.ts';
import type { Opened, WorldRequest } from './world.ts';

let opened: Promise<World & { readonly port: number }> | undefined;

async function open(): Promise<World & { readonly port: number }> {
  // Not `startServer()`: what MYSQL_URL names is somebody's server, and this one is killed.
  const server = await launchLocalServer({ name: 'recovery' });
  const network = new Network();
  const [port = 0] = await network.open({ port: server.port, count: 1, delayMs: 0, transparent: false });
  return { server, network, port };
}

async function handle(request: WorldRequest): Promise<unknown> {
  opened ??= open();
  const { server, network, port } = await opened;
  switch (request.verb) {
    case 'open':
      return { title: `${server.kind} ${server.version}`, target: targetOf(server) } satisfies Opened;
    case 'prepare': {
      await Promise.all([network.mode('pass'), network.reset()]);
      await withConnection(server.connectionOptions('root'), async (root) => {
        await killConnections(root, 'all');
        // So that it closes what is idle while the callers' process stands still. Sessions have it from their beginning.
        await root.query(`SET GLOBAL wait_timeout = ${isOfCallers(request.fault) ? 1 : 'DEFAULT'}`);
      });
      const throughNetwork = !isOfCallers(request.fault) && faults[request.fault].throughNetwork;
      return throughNetwork ? { ...targetOf(server), port } : targetOf(server);
    }
    case 'strike': {
      if (isOfCallers(request.fault)) throw new Error(`${request.fault} does not happen to the server`);
      return await faults[request.fault].strike({ server, network }, request.outage);
    }
    case 'close':
      await network.close();
      return await server.destroy();
    default:
      return request satisfies never;
  }
}

answerQuestions(handle);

import type { PoolOptions } from 'mysql2/promise';
import { Network, type Traffic } from '../../test/support/proxy/network/network.ts';
import { launchLocalServer } from '../../test/support/server/local-server.ts';
import type { Server } from '../../test/support/server/server.ts';
import { type Audit, audit, disconnectClients } from './audit.ts';
import { clientKeys, createClient } from './clients.ts';
import { drive, type Participant } from './drive.ts';
import { faults, serverFlags } from './faults.ts';
import { Ledger } from './ledger.ts';
import { planOperations } from './plan.ts';
import { Progress } from './progress.ts';
import { createDatabases, databaseOf } from './tables.ts';
import { type FaultWindow, runFaults } from './timeline.ts';

export interface RunResult {
  readonly server: string;
  readonly faults: readonly FaultWindow[];
  readonly outcomes: readonly (Participant & { readonly audit: Audit; readonly traffic: Traffic })[];
}

/** One way, in milliseconds: as in the cloud, where the database is in another building. Without it a ping would look free. */
const networkDelay = 1;

/** The drivers' defaults, but for a shorter `connectTimeout` (10 s, 1 s), which is what suits these faults. */
const poolOptions: PoolOptions = { connectionLimit: 10, connectTimeout: 1_500 };

/** The whole experiment, from an empty server to the audited tables. Leaves nothing behind. */
export async function run(seconds: number, seed: number): Promise<RunResult> {
  // Not `startServer()`: what MYSQL_URL names is somebody's server, and this one is killed.
  const server = await launchLocalServer({ name: 'demo', flags: serverFlags });
  const network = new Network();
  try {
    return await runOn(server, network, seconds, seed);
  } finally {
    await network.close();
    await server.destroy();
  }
}

async function runOn(server: Server, network: Network, seconds: number, seed: number): Promise<RunResult> {
  await createDatabases(server, clientKeys);
  const ports = await network.open({
    port: server.port,
    count: clientKeys.length,
    delayMs: networkDelay,
    transparent: false,
  });
  const participants = clientKeys.map((key, index): Participant => {
    const address = { ...server.connectionOptions(), port: ports[index] ?? 0, database: databaseOf(key) };
    return { client: createClient(key, { ...address, ...poolOptions }), ledger: new Ledger() };
  });

  const startedAt = performance.now();
  const clock = () => performance.now() - startedAt;
  const progress = new Progress(participants, seconds, clock);
  progress.start();
  const onFault = (name: string | undefined) => progress.say(name ?? 'recovering');
  const driven = drive(participants, planOperations(seconds, seed), clock);
  const windows = await runFaults(faults, { server, network }, seconds, clock, onFault);
  await driven;
  progress.say('comparing what the callers were told with what is in the tables');

  const traffic = await network.traffic();
  await network.close();
  for (const { client } of participants) client.close();
  await disconnectClients(server);
  const outcomes = [];
  for (const [index, participant] of participants.entries()) {
    const counted = traffic[index] ?? { roundTrips: 0, pings: 0 };
    outcomes.push({ ...participant, audit: await audit(server, participant.client.key), traffic: counted });
  }
  progress.stop();
  return { server: `${server.kind} ${server.version}`, faults: windows, outcomes };
}

import { loadavg } from 'node:os';
import { describeMachine } from '../../test/support/command/command-line.ts';
import { createData } from '../data.ts';
import { peers } from '../plan.ts';
import type { LeftOut } from '../report.ts';
import { verify } from '../verify.ts';
import { versionsHere } from '../versions.ts';
import { recipes } from './contenders.ts';
import type { RecoveryOptions } from './options.ts';
import type { FaultName, RecoveryContender } from './plan.ts';
import { withoutWarnings } from './quiet.ts';
import type { FaultCell, RecoveryReport } from './report.ts';
import { summarise, type Turn } from './summary.ts';
import { takeTurn } from './turn.ts';
import { RemoteWorld } from './world.ts';

/** Is told what is known as soon as it is, between two faults. */
export interface RecoveryListener {
  onCell(cell: FaultCell): void;
  onLeftOut(leftOut: LeftOut): void;
}

export async function runRecovery(
  options: RecoveryOptions,
  args: readonly string[],
  listener: RecoveryListener,
): Promise<RecoveryReport> {
  const [load = 0] = loadavg();
  const measuredAt = new Date().toISOString().slice(0, 10);
  const world = new RemoteWorld();
  try {
    const { title } = await world.open();
    const { able, leftOut } = await findAble(world, options);
    for (const one of leftOut) listener.onLeftOut(one);
    const cells: FaultCell[] = [];
    for (const fault of options.faults) {
      const cell = await withoutWarnings(() => measureFault(world, fault, able, options));
      cells.push(cell);
      listener.onCell(cell);
    }
    const { repeats, outage, callers } = options;
    return {
      ...{ command: 'recovery', arguments: args, measuredAt, machine: describeMachine(), load },
      ...{ server: title, versions: versionsHere(), repeats, outage, callers, cells, leftOut },
    };
  } finally {
    await world.close();
  }
}

/** The contenders that answer rightly. Of those, others' may be left out. */
async function findAble(
  world: RemoteWorld,
  { contenders }: RecoveryOptions,
): Promise<{ readonly able: readonly RecoveryContender[]; readonly leftOut: readonly LeftOut[] }> {
  const { target } = await world.open();
  await createData(target);
  const leftOut: LeftOut[] = [];
  for (const name of contenders) {
    try {
      const { call, close } = await recipes[name](target);
      await verify({ calls: { point: call }, close }, ['point'], target).finally(close);
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      if (!peers.has(name)) throw new Error(`${name}: ${reason}`, { cause: error });
      leftOut.push({ group: 'mysql2', contender: name, reason });
    }
  }
  return { able: contenders.filter((name) => !leftOut.some(({ contender }) => contender === name)), leftOut };
}

/** They take turns, in another order each time: what else the machine does hits all of them alike. */
async function measureFault(
  world: RemoteWorld,
  fault: FaultName,
  contenders: readonly RecoveryContender[],
  options: RecoveryOptions,
): Promise<FaultCell> {
  const turns = new Map(contenders.map((name) => [name, [] as Turn[]]));
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    for (let place = 0; place < contenders.length; place += 1) {
      const name = contenders[(place + repeat) % contenders.length] ?? 'bare';
      const turn = await takeTurn(world, fault, name, options).catch((cause: unknown) => {
        throw new Error(`${fault}, ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      });
      turns.get(name)?.push(turn);
    }
  }
  return { fault, contenders: [...turns].map(([name, own]) => summarise(name, own)) };
}

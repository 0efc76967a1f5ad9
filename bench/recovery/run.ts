import { circumstancesOf } from '../circumstances.ts';
import type { Target } from '../contenders/contender.ts';
import { createData } from '../data.ts';
import { peers } from '../plan.ts';
import type { LeftOut } from '../report.ts';
import type { RecoveryOptions } from './options.ts';
import { attemptMs, type FaultName, isOfCallers } from './plan.ts';
import { RemoteContender } from './remote-contender.ts';
import type { FaultCell, RecoveryReport } from './report.ts';
import { summarise, type Turn } from './summary.ts';
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
  const circumstances = circumstancesOf(args);
  const world = new RemoteWorld();
  const contenders = options.contenders.map((name) => new RemoteContender(name));
  try {
    const { title, target } = await world.open();
    await createData(target);
    const leftOut = await leaveAble(contenders, target);
    for (const one of leftOut) listener.onLeftOut(one);
    const cells: FaultCell[] = [];
    for (const fault of options.faults) {
      const cell = await measureFault(world, fault, contenders, options);
      cells.push(cell);
      listener.onCell(cell);
    }
    const { repeats, outage, callers } = options;
    return {
      ...circumstances,
      ...{ command: 'recovery', server: title, repeats, outage, callers, cells, leftOut },
    };
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await world.close();
  }
}

/** Leaves those that answer rightly. Of the others, others' may be left out. */
async function leaveAble(contenders: RemoteContender[], target: Target): Promise<readonly LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const contender of [...contenders]) {
    const { name } = contender;
    try {
      await contender.verify(target);
    } catch (error) {
      const reason = messageOf(error).split('\n')[0] ?? '';
      if (!peers.has(name)) throw new Error(`${name}: ${reason}`, { cause: error });
      leftOut.push({ group: 'mysql2', contender: name, reason });
      contenders.splice(contenders.indexOf(contender), 1);
      await contender.close();
    }
  }
  return leftOut;
}

/** They take turns, in another order each time: what else the machine does hits all of them alike. */
async function measureFault(
  world: RemoteWorld,
  fault: FaultName,
  contenders: readonly RemoteContender[],
  options: RecoveryOptions,
): Promise<FaultCell> {
  const turns = contenders.map(() => [] as Turn[]);
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    for (let place = 0; place < contenders.length; place += 1) {
      const index = (place + repeat) % contenders.length;
      const contender = contenders[index];
      if (contender === undefined) continue;
      const turn = await takeTurn(world, fault, contender, options).catch((cause: unknown) => {
        throw new Error(`${fault}, ${contender.name}: ${messageOf(cause)}`, { cause });
      });
      turns[index]?.push(turn);
    }
  }
  return { fault, contenders: contenders.map(({ name }, index) => summarise(name, turns[index] ?? [])) };
}

/** One contender meets one fault, with nothing else running. */
async function takeTurn(
  world: RemoteWorld,
  fault: FaultName,
  contender: RemoteContender,
  { callers, outage }: RecoveryOptions,
): Promise<Turn> {
  await contender.begin(await world.prepare(fault), callers);
  const happened = isOfCallers(fault)
    ? await contender.standStill(Math.max(outage, attemptMs))
    : await world.strike(fault, outage);
  return await contender.finish(happened);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

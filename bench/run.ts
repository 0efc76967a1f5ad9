import { type Server, startServer } from '../test/support/server/server.ts';
import { circumstancesOf } from './circumstances.ts';
import type { OpenContender, Target } from './contenders/contender.ts';
import { recipesOf } from './contenders/recipes.ts';
import { createData, emptyOperations } from './data.ts';
import { measure } from './measure.ts';
import { type BenchOptions, chosenGroups } from './options.ts';
import { type Group, type Path, peers } from './plan.ts';
import type { BenchReport, Cell, LeftOut } from './report.ts';
import { expectOwnDatabase, openRoute } from './target.ts';
import { verify } from './verify.ts';

/** Is told what is known as soon as it is. */
export interface Listener {
  onCell(cell: Cell): void;
  onLeftOut(leftOut: LeftOut): void;
}

/** The client is what is measured, and not the disk: a commit does not wait for it. */
const flags = ['--innodb-flush-log-at-trx-commit=2'];

export async function runBench(
  options: BenchOptions,
  args: readonly string[],
  listener: Listener,
): Promise<BenchReport> {
  const circumstances = circumstancesOf(args);
  const server = await startServer({ name: 'bench', flags });
  try {
    expectOwnDatabase(server);
    const cells: Cell[] = [];
    const leftOut: LeftOut[] = [];
    for (const [group, names] of chosenGroups(options)) {
      for (const path of options.paths) {
        const place: Place = { server, group, path, names };
        await measurePlace(place, options, {
          onCell: (cell) => {
            cells.push(cell);
            listener.onCell(cell);
          },
          onLeftOut: (one) => {
            if (leftOut.some(({ group, contender }) => group === one.group && contender === one.contender)) return;
            leftOut.push(one);
            listener.onLeftOut(one);
          },
        });
      }
    }
    return {
      ...circumstances,
      command: 'bench',
      server: `${server.kind} ${server.version}${server.controllable ? '' : ' of MYSQL_URL'}`,
      ...{ rounds: options.rounds, cells, leftOut },
    };
  } finally {
    await server.destroy();
  }
}

interface Place {
  readonly server: Server;
  readonly group: Group;
  readonly path: Path;
  readonly names: readonly string[];
}

async function measurePlace(place: Place, options: BenchOptions, listener: Listener): Promise<void> {
  const { group, path } = place;
  const { target, close } = await openRoute(place.server, path);
  const contenders = new Map<string, OpenContender>();
  try {
    await createData(target);
    await openAll(place, target, options, contenders, listener);
    for (const statement of options.statements) {
      for (const concurrency of options.concurrencies) {
        const able = new Map([...contenders].filter(([, { calls }]) => calls[statement] !== undefined));
        // What the others are measured against is nothing by itself, where it was not asked for.
        if (![...able.keys()].some((name) => options.contenders?.includes(name) ?? true)) continue;
        await emptyOperations(target);
        listener.onCell(await measure(able, { group, path, statement, concurrency }, options));
      }
    }
  } finally {
    for (const contender of contenders.values()) await contender.close();
    await close();
  }
}

/** Opens the contenders that answer rightly. Of those, others' may be left out; without one of the rest there is nothing to say. */
async function openAll(
  { group, names }: Place,
  target: Target,
  { statements }: BenchOptions,
  opened: Map<string, OpenContender>,
  { onLeftOut }: Pick<Listener, 'onLeftOut'>,
): Promise<void> {
  const recipes = await recipesOf(group);
  for (const name of names) {
    try {
      const contender = await recipes[name]?.(target);
      if (contender === undefined) throw new Error('there is no such contender');
      opened.set(name, contender);
      await verify(contender, statements, target);
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      if (!peers.has(name)) throw new Error(`${group}, ${name}: ${reason}`, { cause: error });
      onLeftOut({ group, contender: name, reason });
      await opened.get(name)?.close();
      opened.delete(name);
    }
  }
}

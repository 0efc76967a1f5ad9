import { type LocalServer, launchLocalServer } from '../../test/support/server/local-server.ts';
import { circumstancesOf } from '../circumstances.ts';
import { createData } from '../data.ts';
import type { LeftOut } from '../report.ts';
import { targetOf } from '../target.ts';
import { countStatement } from './count-statement.ts';
import type { Counter } from './counter.ts';
import { findCounter } from './find-counter.ts';
import { inLanes } from './lanes.ts';
import type { CostOptions } from './options.ts';
import { windows } from './plan.ts';
import { buildProgram } from './program.ts';
import type { CostCell, CostReport } from './report.ts';

/** Is told what is known as soon as it is. */
export interface CostListener {
  onCounter(counter: Pick<Counter, 'how'>): void;
  onCell(cell: CostCell): void;
  onLeftOut(leftOut: LeftOut): void;
}

/** A commit does not wait for the disk, and a slow client has the time that it takes. */
const flags = ['--innodb-flush-log-at-trx-commit=2', '--connect-timeout=120'];

export async function runCost(
  options: CostOptions,
  args: readonly string[],
  listener: CostListener,
): Promise<CostReport> {
  const circumstances = circumstancesOf(args);
  const counter = await findCounter();
  listener.onCounter(counter);
  const program = await buildProgram();
  // Not `startServer()`: that of MYSQL_URL may be far away, and a client that waits may do something else than one that does not.
  const servers: LocalServer[] = [];
  try {
    while (servers.length < counter.lanes) servers.push(await launchLocalServer({ name: 'cost', flags }));
    for (const server of servers) await createData(targetOf(server));
    const tasks = options.groups.flatMap((group) => options.statements.map((statement) => ({ group, statement })));
    const found = await inLanes(servers, tasks, async (server, { group, statement }) => {
      const means = { counter, program: program.file, target: targetOf(server) };
      const one = await countStatement(means, group, statement, options);
      one.cells.forEach(listener.onCell);
      one.leftOut.forEach(listener.onLeftOut);
      return one;
    });
    const [server] = servers;
    return {
      ...circumstances,
      ...{ command: 'cost', server: `${server?.kind} ${server?.version}`, counter: counter.how, windows },
      ...{ cells: found.flatMap(({ cells }) => cells), leftOut: found.flatMap(({ leftOut }) => leftOut) },
    };
  } finally {
    for (const server of servers) await server.destroy();
    await program.remove();
  }
}

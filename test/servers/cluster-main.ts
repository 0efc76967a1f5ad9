import { parseArgs } from 'node:util';
import { clusterWorlds } from '../chaos/worlds/worlds.ts';
import { type ClusterName, clusterEvents, type EventRow } from './cluster-events.ts';
import { formatEvent, isKept } from './cluster-report.ts';

const names = Object.keys(clusterWorlds) as readonly ClusterName[];

const usage = `Usage: npm run cluster-events -- [options]

Lets a switchover, a failover, a partition and the like happen once each, under load of gone-away and of bare Drizzle.

Options:
  --server NAMES    some of ${names.join(', ')}, with commas (default all)
  --seed N          repeats the events and the calls of an earlier run (default 1)
  --json            one JSON object on stdout; everything else goes to stderr
  --help            this text

Exit code: 0 if no promise of gone-away was broken, 1 if one was, 2 for a wrong option.
`;

const say = (line: string) => process.stderr.write(`${line}\n`);

function parse() {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({ options: { server: text, seed: text, json: flag, help: flag } });
    const servers = (values.server ?? names.join(',')).split(',').map((name) => {
      const found = names.find((known) => known === name);
      if (found === undefined) throw new TypeError(`--server: expected some of ${names.join(', ')}, got ${name}`);
      return found;
    });
    const seed = Number(values.seed ?? '1');
    if (!Number.isSafeInteger(seed) || seed < 0) throw new TypeError(`--seed: expected a number, got ${values.seed}`);
    return { servers, seed, json: values.json === true, help: values.help === true };
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

const options = parse();
if (options === undefined) process.exitCode = 2;
else if (options.help) process.stdout.write(usage);
else {
  const rows: EventRow[] = [];
  const { servers, seed, json } = options;
  const onRow = (row: EventRow) => {
    say(formatEvent(row));
    for (const { client, violations } of row.results) for (const what of violations) say(`${client}: ${what}`);
  };
  for (const name of servers) rows.push(...(await clusterEvents(name, { seed, onRow })));
  const passed = rows.every(isKept);
  say(passed ? 'No promise was broken.' : `Promises were broken. --seed ${seed}`);
  if (json) process.stdout.write(`${JSON.stringify({ passed, seed, rows })}\n`);
  process.exitCode = passed ? 0 : 1;
}

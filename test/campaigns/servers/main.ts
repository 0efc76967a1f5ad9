import { runCommandLine } from '../../support/command/command-line.ts';
import { type Row, rowOf } from './campaign.ts';
import { campaignNames, campaigns } from './campaigns.ts';
import { parseOptions, type ServersOptions, usageOf } from './options.ts';
import { heading, isWell, linesOf, objectOf } from './report.ts';

await runCommandLine<ServersOptions>({
  usage: usageOf(campaignNames),
  parse: (args) => parseOptions(args, campaignNames),
  run: async (options) => {
    // It would take the place of every server that is asked for here.
    delete process.env.MYSQL_URL;
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const rows: Row[] = [];
    for (const campaign of campaigns) {
      if (options.servers?.includes(campaign.name) === false) continue;
      say(`${campaign.name} ...`);
      rows.push(await rowOf(campaign, { files: options.files, say }));
    }
    const ok = rows.every((row) => isWell(row, options));
    const table = [heading, ...rows.flatMap(linesOf)].join('\n');
    process.stdout.write(`${options.json ? JSON.stringify(objectOf(rows, ok)) : table}\n`);
    return ok;
  },
});

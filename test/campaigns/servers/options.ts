import { listOf, oneOf, parseFlags } from '../../support/command/command-line.ts';

export interface ServersOptions {
  /** What was asked for by name; undefined for all that there is. */
  readonly servers: readonly string[] | undefined;
  readonly files: readonly string[];
  readonly whereAvailable: boolean;
  readonly json: boolean;
}

/** @param names of all servers that can be asked for. */
export function usageOf(names: readonly string[]): string {
  return `Usage: npm run servers -- [options]

Runs all tests that talk to a server on each server that this package claims to work with. Servers are fetched from the
packages of Debian, and run from the cache of the tests. Of clusters (galera, replica, router) it lets each event happen once
under load: a switchover, a failover, a node that is killed or cut off.

Options:
  --server NAMES     some of ${names.join(', ')}, with commas (default all)
  --files TEXTS      only test files with one of these in their paths, with commas
  --where-available  a server that cannot be fetched is reported, but does not count
  --json             one JSON object on stdout; everything else goes to stderr
  --help             this text

Exit code: 0 if all tests passed or had a reason not to run, 1 if not, 2 for a wrong option.
`;
}

/** @throws UsageError */
export function parseOptions(args: readonly string[], names: readonly string[]): ServersOptions | 'help' {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const values = parseFlags(args, { server: text, files: text, 'where-available': flag, json: flag });
  if (values.help === true) return 'help';
  const servers = values.server === undefined ? undefined : listOf('--server', values.server);
  return {
    servers: servers?.map((name) => oneOf('--server', name, names)),
    files: values.files === undefined ? [] : listOf('--files', values.files),
    whereAvailable: values['where-available'] === true,
    json: values.json === true,
  };
}

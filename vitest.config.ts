import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { bundleFolder, importBundle } from './test/support/bundle/import-bundle.ts';
import { isUnheardOfMariaDbDriver } from './test/support/prisma/mariadb-driver.ts';
import { externalUrl } from './test/support/server/external-url.ts';
import { SkipReporter } from './test/support/vitest/skip-reporter.ts';

/** The tests of test/tools that run a command of this package, and with it other tests. */
const commands = [
  'test/tools/bench.test.ts',
  'test/tools/bench-cost.test.ts',
  'test/tools/bench-recovery.test.ts',
  'test/tools/borrowed-server.test.ts',
  'test/tools/servers.test.ts',
  'test/tools/soak.test.ts',
];

function layer(
  name: string,
  settings: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration & { extends: true } {
  return { extends: true, test: { name, include: [`test/${name}/**/*.test.ts`], ...settings } };
}

/** Tests of this layer talk to a server. That of `MYSQL_URL` is asked for first, if there is one. */
function served(name: string, settings: TestProjectInlineConfiguration['test'] = {}) {
  return layer(name, { globalSetup: ['test/support/server/reach-external-server.ts'], ...settings });
}

export default defineConfig({
  test: {
    // A first run may have to fetch a server before any test can begin.
    hookTimeout: 300_000,
    testTimeout: 60_000,
    // What is polled for comes at once; a machine that is busy with other things may take its time.
    expect: { poll: { timeout: 15_000 } },
    onUnhandledError: (error) => !isUnheardOfMariaDbDriver(error),
    // Each file has servers of its own; more files at once than cores only make them wait for each other. Where all files have
    // one server, they would meet in its process list and in its counters.
    maxWorkers: externalUrl() === undefined ? 2 : 1,
    reporters: [process.env.CI === undefined ? 'default' : 'dot', new SkipReporter()],
    projects: [
      // Pure functions: nothing that one file does reaches another, so that none needs a process of its own.
      layer('unit', { pool: 'threads', isolate: false }),
      layer('types'),
      layer('model'),
      served('contract'),
      served('integration'),
      served('fault'),
      served('fuzz'),
      {
        ...served('bundled', { server: { deps: { external: [new RegExp(bundleFolder)] } } }),
        plugins: [importBundle()],
      },
      served('tools', { exclude: [...configDefaults.exclude, ...commands] }),
      layer('commands', { include: commands }),
    ],
  },
});

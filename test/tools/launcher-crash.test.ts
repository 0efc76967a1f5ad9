import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheFolder } from '../support/server/cache-folder.ts';
import { externalUrl } from '../support/server/external-url.ts';
import { findServerBinary } from '../support/server/find-server-binary.ts';
import { childrenOf, hasProcessTable, isRunning } from '../support/server/process-table.ts';

/** A machine without a server fetches one first. */
const FIRST_START = 240_000;

/** What the cache calls a folder that is not finished, and the lock of the one who makes it. */
const inTheMaking = /\.(draft|lock)\b/;

describe.skipIf(externalUrl() !== undefined || !hasProcessTable)(
  'a process with a server (skipped where MYSQL_URL is set or there is no /proc)',
  () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const program = fileURLToPath(new URL('../support/server/hold-server.ts', import.meta.url));
    const started: ChildProcess[] = [];
    let scratch: string;

    /** Runs the program in a process group of its own, as a terminal would. */
    function launch(...args: readonly string[]): ChildProcess {
      const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
        detached: true,
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: scratch },
      });
      started.push(child);
      return child;
    }

    /** The TypeScript loader keeps a cache of its own there. */
    function isOurs(name: string): boolean {
      return name.startsWith('gone-away');
    }

    async function announced(child: ChildProcess): Promise<{ readonly pid: number; readonly folder: string }> {
      if (child.stdout === null) throw new Error('the program has no output');
      const [line] = await once(child.stdout, 'data');
      return JSON.parse(String(line));
    }

    function nothingIsLeft(pids: readonly number[]): Promise<void> {
      const left = () => ({ processes: pids.filter(isRunning), files: readdirSync(scratch).filter(isOurs) });
      return expect.poll(left, { timeout: 10_000 }).toEqual({ processes: [], files: [] });
    }

    beforeEach(() => {
      scratch = mkdtempSync(join(tmpdir(), 'ga-test-'));
    });
    afterEach(() => {
      for (const child of started.splice(0)) child.kill('SIGKILL');
      rmSync(scratch, { recursive: true, force: true });
    });

    test.each(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'leaves nothing behind when it dies of %s',
      async (signal) => {
        const child = launch();
        const { pid, folder } = await announced(child);
        const family = childrenOf(child.pid ?? 0);
        expect(family).toContain(pid);
        expect(existsSync(folder)).toBe(true);
        // To the whole group, which is what Ctrl-C does.
        process.kill(-(child.pid ?? Number.NaN), signal);
        await nothingIsLeft([pid, ...family]);
      },
      FIRST_START,
    );

    test(
      'ends by itself and leaves nothing behind when it forgets to destroy its server',
      async () => {
        const child = launch('exit');
        const { pid } = await announced(child);
        if (child.exitCode === null) await once(child, 'exit');
        expect(child.exitCode).toBe(0);
        await nothingIsLeft([pid]);
      },
      FIRST_START,
    );

    test(
      'shares the making of the template with others that start at the same time, also when one of them is killed',
      async () => {
        await findServerBinary();
        const shared = cacheFolder();
        const downloaded = (existsSync(shared) ? readdirSync(shared) : []).filter(
          (name) => name.startsWith('debian-') && !inTheMaking.test(name),
        );
        const cache = mkdtempSync(join(tmpdir(), 'ga-cache-'));
        vi.stubEnv('XDG_CACHE_HOME', cache);
        try {
          const folder = join(cache, 'gone-away');
          mkdirSync(folder);
          // Everything is made anew but what would have to be downloaded.
          for (const name of downloaded) symlinkSync(join(shared, name), join(folder, name));
          const unlucky = launch();
          // It has the lock now, and makes the template.
          await expect
            .poll(() => existsSync(folder) && readdirSync(folder).join(), { timeout: 10_000 })
            .toMatch(/draft/);
          const others = [launch(), launch()];
          unlucky.kill('SIGKILL');
          await Promise.all(others.map(announced));
          const left = () =>
            readdirSync(folder).filter((name) => name.startsWith('template-') || inTheMaking.test(name));
          await expect.poll(left, { timeout: 10_000 }).toEqual([expect.stringMatching(/^template-[\w.-]+-\w+$/)]);
        } finally {
          vi.unstubAllEnvs();
          rmSync(cache, { recursive: true, force: true });
        }
      },
      FIRST_START,
    );
  },
);

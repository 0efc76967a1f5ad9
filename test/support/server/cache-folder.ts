import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guard, release } from './watchdog.ts';

/** Where downloads and datadir templates are kept between runs; safe to delete at any time. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gone-away');
}

/**
 * The folder `name` of the cache; made by `build` when it is not there yet. It appears under its name only when it is
 * complete, so a crash half-way or another process at the same time cannot leave a broken one.
 */
export async function cachedFolder(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const finished = join(cacheFolder(), name);
  if (existsSync(finished)) return finished;
  return withLock(name, async () => {
    if (existsSync(finished)) return finished;
    const draft = `${finished}.draft-${process.pid}-${randomUUID().slice(0, 8)}`;
    guard(draft);
    try {
      await mkdir(draft, { recursive: true });
      await build(draft);
      await rename(draft, finished).catch((error: unknown) => {
        if (!existsSync(finished)) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
      release(draft);
    }
    return finished;
  });
}

/**
 * Runs `work` while no other process of this user runs work under the same name. The lock of a process that died is
 * taken over. Two takers of the same dead lock can in theory both get it, so `work` must be wasteful at worst, never wrong,
 * when it runs twice.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(cacheFolder(), `${name}.lock`);
  const ticket = `${lock}.${process.pid}-${randomUUID().slice(0, 8)}`;
  await mkdir(cacheFolder(), { recursive: true });
  // A hard link appears at once and with its content, unlike a file that is created first and written then.
  await writeFile(ticket, String(process.pid));
  try {
    while (!(await tryLink(ticket, lock))) {
      if (await isStale(lock)) await unlink(lock).catch(() => {});
      else await delay(50);
    }
  } finally {
    await unlink(ticket);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => {});
  }
}

/** No work takes this long; a lock that is older belongs to a dead process whose pid someone else has now. */
const LONGEST_WORK_MS = 10 * 60_000;

async function isStale(lock: string): Promise<boolean> {
  try {
    const owner = Number(await readFile(lock, 'utf8'));
    return !isAlive(owner) || Date.now() - (await stat(lock)).mtimeMs > LONGEST_WORK_MS;
  } catch {
    // Given back in this moment.
    return false;
  }
}

async function tryLink(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

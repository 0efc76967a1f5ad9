import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findProgram, findServerBinary, hasApt } from '../support/server/find-server-binary.ts';

const installed = findProgram('mariadbd', 'mysqld');

describe('the server of the tests', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ga-choice-'));
    vi.stubEnv('GONE_AWAY_SERVER', '');
    vi.stubEnv('PATH', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The server of this machine by another name. */
  function place(name: string): string {
    const path = join(folder, name);
    symlinkSync(installed ?? '', path);
    return path;
  }

  test('is the first on the PATH, MariaDB before MySQL, where nothing else was asked for', async ({ skip }) => {
    skip(installed === undefined, 'no server is installed on this machine');
    const mysqld = place('mysqld');
    const mariadbd = installed?.endsWith('mariadbd') ? place('mariadbd') : undefined;
    expect(await findServerBinary()).toMatchObject({ path: mariadbd ?? mysqld, prefix: undefined });
  });

  test('is the program that GONE_AWAY_SERVER names by its path, whatever is on the PATH', async ({ skip }) => {
    skip(installed === undefined, 'no server is installed on this machine');
    place('mariadbd');
    const named = place('of-my-own');
    vi.stubEnv('GONE_AWAY_SERVER', named);
    expect(await findServerBinary()).toMatchObject({ path: named });
  });

  test('is not guessed where GONE_AWAY_SERVER names none that is known', async () => {
    vi.stubEnv('GONE_AWAY_SERVER', 'postgres');
    await expect(findServerBinary()).rejects.toThrow(
      /^GONE_AWAY_SERVER is apt, unpack, mariadb-10\.11, .*not postgres$/,
    );
  });

  test.for(['apt', 'unpack', 'mysql-9'])(
    'is not the one on the PATH where packages were asked for (%s)',
    async (wish) => {
      vi.stubEnv('GONE_AWAY_SERVER', wish);
      if (installed !== undefined) place('mariadbd');
      // Nothing can be fetched with this PATH, and that is what is said.
      expect(hasApt()).toBe(false);
      await expect(findServerBinary()).rejects.toThrow(
        wish === 'mysql-9' ? 'no apt-get' : 'No MySQL or MariaDB server',
      );
    },
  );
});

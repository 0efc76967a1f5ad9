import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/command/run-command.ts';
import { type DebianPackages, unpackDebianPackages } from '../support/server/debian-packages.ts';
import { findServerBinary, hasApt } from '../support/server/find-server-binary.ts';
import { unpackedProgram } from '../support/server/unpacked-program.ts';

/** They may have to be downloaded. */
const patience = 240_000;

describe('the programs of packages that were unpacked', () => {
  const hello = async (from: Omit<DebianPackages, 'packages'>) => {
    const unpacked = await unpackDebianPackages({ packages: ['hello'], ...from });
    const command = unpackedProgram(unpacked, 'bin/hello');
    const { program, leadingArgs, env } = command;
    return { unpacked, command, said: await runCommand(program, [...leadingArgs, '--greeting=hi'], { env }) };
  };

  test('run, if they are of the release of this machine', { timeout: patience }, async ({ skip }) => {
    skip(!hasApt(), 'there is no apt-get to fetch packages with');
    const { unpacked, command, said } = await hello({});
    expect(said).toBe('hi\n');
    expect(unpacked.loader).toBeUndefined();
    expect(command.leadingArgs).toEqual([]);
  });

  test('run with the libraries of another release, and leave the environment alone', { timeout: patience }, async ({
    skip,
  }) => {
    skip(!hasApt(), 'there is no apt-get to fetch packages with');
    const { unpacked, command, said } = await hello({ suite: 'sid' });
    expect(said).toBe('hi\n');
    const { program, leadingArgs, env } = command;
    const file = leadingArgs.at(-1) ?? '';
    const listed = await runCommand(program, [...leadingArgs.slice(0, -1), '--list', file], { env });
    const libraries = [...listed.matchAll(/=> (\S+)/g)].map((match) => match[1] ?? '');
    expect(libraries).toContainEqual(expect.stringContaining('libc.so'));
    for (const library of libraries) expect(unpacked.libraryFolders).toContain(dirname(library));
    expect(env.LD_LIBRARY_PATH).toBe(process.env.LD_LIBRARY_PATH);
  });
});

test('a server that nobody knows is refused with the names of those that there are', async () => {
  const choice = 'apt, unpack, mariadb-10.11, mariadb-11.8, mysql-9, or the absolute path of a server program';
  await expect(findServerBinary('mysql-4')).rejects.toThrow(`GONE_AWAY_SERVER is ${choice}, not mysql-4`);
});

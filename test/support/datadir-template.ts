import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { createCertificates } from './create-certificates.ts';
import { findProgram, type ServerBinary } from './find-server-binary.ts';
import { runCommand } from './run-command.ts';
import { locationFlags, tuningFlags } from './server-flags.ts';

/** Change it when the code below makes another template from the same SQL and flags. */
const RECIPE = 1;

/**
 * `app` owns its database and nothing else: it is bound by `read_only` and by `max_connections`, as an application is.
 * 'localhost' is the unix socket, '127.0.0.1' is TCP: names are not resolved.
 */
const USERS = [
  "CREATE USER IF NOT EXISTS root@'127.0.0.1'",
  "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION",
  'CREATE DATABASE app',
  ...['127.0.0.1', 'localhost'].flatMap((host) => [
    `CREATE USER app@'${host}' IDENTIFIED BY 'app'`,
    `GRANT ALL ON app.* TO app@'${host}'`,
  ]),
];

const HINT =
  'If it is a distribution that confines its server to its own folders (AppArmor, SELinux), then GONE_AWAY_SERVER=unpack on Debian and Ubuntu takes a private copy of MariaDB, and MYSQL_URL takes any server.';

/**
 * A folder to copy instances from: `data` is a datadir with the users and the database `app`, `tls` has a CA and a server
 * certificate. Made once per server version and recipe.
 */
export function datadirTemplate(binary: ServerBinary): Promise<string> {
  const recipe = JSON.stringify([RECIPE, binary.program, USERS, tuningFlags(binary.kind)]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  return cachedFolder(`template-${binary.kind}-${binary.version}-${hash}`, async (draft) => {
    await mkdir(join(draft, 'tls'));
    for (const [name, pem] of Object.entries(createCertificates())) {
      await writeFile(join(draft, 'tls', `${name}.pem`), pem, { mode: 0o600 });
    }
    const data = join(draft, 'data');
    const initialise = binary.kind === 'mariadb' ? initialiseMariadb : initialiseMysql;
    await initialise(binary, data).catch((error: unknown) => {
      throw new Error(`${binary.program} cannot make a datadir in ${draft}. ${HINT}\n${error}`, { cause: error });
    });
  });
}

async function initialiseMariadb(binary: ServerBinary, data: string): Promise<void> {
  const { program, env } = binary;
  const flags = [...locationFlags(binary, data), ...tuningFlags('mariadb')];
  const without = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  await runCommand(findInstaller(binary), ['--no-defaults', ...flags, ...without], { env });
  // A bootstrapping server starts without the grant tables; account statements work once they are loaded.
  const input = ['USE mysql', 'FLUSH PRIVILEGES', ...USERS].map((statement) => `${statement};\n`).join('');
  await runCommand(program, ['--no-defaults', ...flags, '--bootstrap'], { env, input });
}

async function initialiseMysql(binary: ServerBinary, data: string): Promise<void> {
  const script = `${data}.sql`;
  await writeFile(script, USERS.map((statement) => `${statement};\n`).join(''));
  const flags = [...locationFlags(binary, data), ...tuningFlags('mysql')];
  await runCommand(binary.program, ['--no-defaults', ...flags, '--initialize-insecure', `--init-file=${script}`], {
    env: binary.env,
  });
  await rm(script);
  // The server's identity: every copy shall get one of its own.
  await rm(join(data, 'auto.cnf'), { force: true });
}

function findInstaller({ program, prefix }: ServerBinary): string {
  const names = ['mariadb-install-db', 'mysql_install_db'];
  const folders =
    prefix === undefined ? [join(dirname(dirname(program)), 'bin')] : [join(prefix, 'bin'), join(prefix, 'scripts')];
  const beside = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  const found = beside ?? (prefix === undefined ? findProgram(...names) : undefined);
  if (found !== undefined) return found;
  throw new Error(
    `${program} is here but mariadb-install-db, which makes its system tables, is not: install the package that has it (often mariadb-server)`,
  );
}

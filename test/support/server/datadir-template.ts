import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../command/run-command.ts';
import { cachedFolder } from './cache-folder.ts';
import { createCertificates } from './create-certificates.ts';
import { findProgram, type ServerBinary } from './find-server-binary.ts';
import { locationFlags, shareFolder, tuningFlags } from './server-flags.ts';

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
  const recipe = JSON.stringify([RECIPE, binary.path, USERS, tuningFlags(binary.kind)]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  return cachedFolder(`template-${binary.kind}-${binary.version}-${hash}`, async (draft) => {
    await mkdir(join(draft, 'tls'));
    for (const [name, pem] of Object.entries(createCertificates())) {
      await writeFile(join(draft, 'tls', `${name}.pem`), pem, { mode: 0o600 });
    }
    const data = join(draft, 'data');
    const initialise = binary.kind === 'mariadb' ? initialiseMariadb : initialiseMysql;
    await initialise(binary, data).catch((error: unknown) => {
      throw new Error(`${binary.path} cannot make a datadir in ${draft}. ${HINT}\n${error}`, { cause: error });
    });
  });
}

async function initialiseMariadb(binary: ServerBinary, data: string): Promise<void> {
  const { program, leadingArgs, env } = binary;
  const flags = ['--no-defaults', ...locationFlags(binary, data), ...tuningFlags('mariadb')];
  const bootstrap = (input: string) => runCommand(program, [...leadingArgs, ...flags, '--bootstrap'], { env, input });
  if (leadingArgs.length > 0) {
    // The installer is a script, which would start the server by its path alone.
    await mkdir(data);
    await bootstrap(await systemTables(binary));
  } else {
    const without = ['--auth-root-authentication-method=normal', '--skip-test-db'];
    await runCommand(findInstaller(binary), [...flags, ...without], { env });
  }
  // A bootstrapping server starts without the grant tables; account statements work once they are loaded.
  await bootstrap(['USE mysql', 'FLUSH PRIVILEGES', ...USERS].map((statement) => `${statement};\n`).join(''));
}

/** What `mariadb-install-db` lets a bootstrapping server read, in its order. */
const systemTableScripts = [
  'system_tables.sql',
  'performance_tables.sql',
  'system_tables_data.sql',
  'fill_help_tables.sql',
  'gis_sp_bootstrap.sql',
  'sys_schema.sql',
];

async function systemTables({ path, prefix }: ServerBinary): Promise<string> {
  const share = shareFolder(prefix ?? dirname(dirname(path)));
  const files = share === undefined ? [] : await readdir(share);
  const scripts = systemTableScripts.map((ending) => {
    const file = files.find((name) => name === ending || name.endsWith(`_${ending}`));
    if (share === undefined || file === undefined) throw new Error(`${path} is here, but its ${ending} is not`);
    return readFile(join(share, file), 'utf8');
  });
  const before = 'CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n';
  return [before, ...(await Promise.all(scripts))].join('\n');
}

async function initialiseMysql(binary: ServerBinary, data: string): Promise<void> {
  const script = `${data}.sql`;
  await writeFile(script, USERS.map((statement) => `${statement};\n`).join(''));
  const flags = [...locationFlags(binary, data), ...tuningFlags('mysql')];
  const { program, leadingArgs, env } = binary;
  const initialise = ['--no-defaults', ...flags, '--initialize-insecure', `--init-file=${script}`];
  await runCommand(program, [...leadingArgs, ...initialise], { env });
  await rm(script);
  // The server's identity: every copy shall get one of its own.
  await rm(join(data, 'auto.cnf'), { force: true });
}

function findInstaller({ path, prefix }: ServerBinary): string {
  const names = ['mariadb-install-db', 'mysql_install_db'];
  const folders =
    prefix === undefined ? [join(dirname(dirname(path)), 'bin')] : [join(prefix, 'bin'), join(prefix, 'scripts')];
  const beside = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
  const found = beside ?? (prefix === undefined ? findProgram(...names) : undefined);
  if (found !== undefined) return found;
  throw new Error(
    `${path} is here but mariadb-install-db, which makes its system tables, is not: install the package that has it (often mariadb-server)`,
  );
}

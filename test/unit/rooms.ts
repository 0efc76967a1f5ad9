/** A folder of the code, or the files that stand directly in one, and what may be imported there. */
export interface Room {
  /** The folder. Its own files may import each other. */
  readonly room: string;
  /** What it is about, in one line. */
  readonly about: string;
  /** Other rooms, with a slash at the end; or single files. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const core = 'src/internal.ts';
const pool = 'adapters/mysql2/';

const onPool: readonly (readonly [name: string, about: string])[] = [
  ['wait', 'waits that lose nothing, limits that do not count a standstill'],
  ['driver', 'what mysql2 does not document, and nothing else'],
  ['source', 'what a pool is made from, and as whom its connections log in'],
  ['prepared', 'prepared statements: their packets, and values as the server sent them'],
  ['control', "asks the server about this pool's own sessions, and stops lost ones"],
  ['pool', 'one pool: who may use which connection, and what is known of each'],
  ['ledger', 'the table of exactly-once: its rows, what they prove, how they are asked'],
  ['transaction', 'a transaction as one unit on this pool'],
];

/** Rooms that build on each other: each may import those before it. */
function floors(
  folder: string,
  common: Pick<Room, 'imports' | 'packages'>,
  rooms: readonly (readonly [name: string, about: string])[],
): readonly Room[] {
  return rooms.map(([name, about], index) => ({
    room: `${folder}${name}/`,
    about,
    imports: [...common.imports, ...rooms.slice(0, index).map(([below]) => `${folder}${below}/`)],
    packages: common.packages,
  }));
}

/**
 * The architecture: every folder of `src` and `adapters`, from the ground up. `imports.test.ts` holds the code to it, and
 * `docs/architecture.md` shows it.
 */
export const rooms: readonly Room[] = [
  {
    room: 'src/sql/',
    about: 'reads SQL: tokens, safe reads, what a statement does to a transaction',
    imports: [],
    packages: [],
  },
  {
    room: 'src/codes/',
    about: 'what each error number and code proves, as data with its source',
    imports: ['src/failure.ts', 'src/error-facts.ts'],
    packages: [],
  },
  {
    room: 'src/policy/',
    about: 'the options: types, checks, defaults',
    imports: ['src/failure.ts', 'src/budget.ts', 'src/telemetry.ts', 'src/sql/function-names.ts'],
    packages: ['node:events'],
  },
  {
    room: 'src/transaction/',
    about: 'a transaction as every binding sees it: its options, its scope',
    imports: ['src/failure.ts', 'src/process-wide.ts', 'src/policy/'],
    packages: ['node:async_hooks'],
  },
  {
    room: 'src/',
    about: 'failures, evidence, decisions, retries, events; the public door and the one for the adapters',
    imports: ['src/sql/', 'src/codes/', 'src/policy/', 'src/transaction/'],
    packages: [
      'node:diagnostics_channel',
      'node:net',
      'node:perf_hooks',
      'node:process',
      'node:timers',
      'node:util',
      'node:worker_threads',
      'p-retry',
    ],
  },
  ...floors(pool, { imports: [core], packages: ['node:', 'mysql2'] }, onPool),
  {
    room: pool,
    about: 'the wrappers of a pool, and the door for the ORM bindings',
    imports: [core, 'src/index.ts', ...onPool.map(([name]) => `${pool}${name}/`)],
    packages: ['node:events', 'mysql2'],
  },
  {
    room: 'adapters/drizzle/',
    about: "Drizzle's databases on the pool",
    imports: [core, 'src/index.ts', 'adapters/mysql2/binding.ts'],
    packages: ['drizzle-orm'],
  },
  {
    room: 'adapters/prisma/bridge/',
    about: 'what the extension and the driver adapter tell each other past Prisma',
    imports: [core],
    packages: ['node:async_hooks'],
  },
  {
    room: 'adapters/prisma/errors/',
    about: "errors in Prisma's words",
    imports: [core, 'adapters/prisma/bridge/'],
    packages: [],
  },
  {
    room: 'adapters/prisma/adapter/',
    about: 'PrismaMySQL2, the driver adapter on the pool, and its door',
    imports: [core, 'src/index.ts', 'adapters/prisma/bridge/', 'adapters/prisma/errors/', 'adapters/mysql2/binding.ts'],
    packages: ['node:crypto', 'mysql2'],
  },
  {
    room: 'adapters/prisma/extension/',
    about: 'resilience(), the client extension',
    imports: [core, 'adapters/prisma/bridge/', 'adapters/prisma/errors/'],
    packages: ['@prisma/client'],
  },
  {
    room: 'adapters/prisma/',
    about: 'the door of the extension, which needs no mysql2',
    imports: ['src/index.ts', 'adapters/prisma/errors/', 'adapters/prisma/extension/'],
    packages: [],
  },
  {
    room: 'adapters/testing/network/',
    about: 'bytes between a client and its server: how they are delayed, lost and cut off',
    imports: ['src/timers.ts'],
    packages: ['node:events', 'node:net'],
  },
  {
    room: 'adapters/testing/protocol/',
    about: 'reads along: which statement is asked, and where its answer begins and ends',
    imports: [],
    packages: [],
  },
  {
    room: 'adapters/testing/',
    about: "the fault proxy for users' own tests, which needs nothing but Node.js",
    imports: ['adapters/testing/network/', 'adapters/testing/protocol/'],
    packages: ['node:net', 'node:util'],
  },
];

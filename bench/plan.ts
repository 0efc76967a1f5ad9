/** What there is to measure, by name. Nothing here loads a driver, so that wrong options are told at once. */

export const statements = ['ping', 'point', 'rows', 'insert', 'transaction'] as const;
export type Statement = (typeof statements)[number];

export const statementTitles: Readonly<Record<Statement, string>> = {
  ping: 'SELECT 1',
  point: 'point select',
  rows: '100 rows',
  insert: 'insert',
  transaction: 'transaction of three statements',
};

export const paths = ['loopback', 'delay'] as const;
export type Path = (typeof paths)[number];

export const pathTitles: Readonly<Record<Path, string>> = {
  loopback: 'loopback',
  delay: '1 ms away',
};

/** The contenders of each group, and what they are. The others are measured against the first one. */
export const contenders = {
  mysql2: {
    bare: 'mysql2, bare',
    ping: 'ping on checkout',
    'select-1': 'SELECT 1 on checkout',
    'p-retry': 'p-retry around every call',
    'gone-away': 'gone-away',
    'aws-wrapper': 'aws-advanced-nodejs-wrapper',
    'aws-wrapper-no-plugins': 'aws-advanced-nodejs-wrapper, no plugins',
    knex: 'knex on mysql2',
    mariadb: 'mariadb connector',
  },
  drizzle: {
    bare: 'Drizzle, bare',
    ping: 'ping on checkout',
    'gone-away': 'gone-away',
    rerun: 'gone-away, rerun: true',
    'exactly-once': 'gone-away, exactlyOnce',
    'idempotency-key': 'gone-away, idempotencyKey',
  },
  prisma: {
    'adapter-mariadb': '@prisma/adapter-mariadb',
    'adapter-mariadb-resilience': '@prisma/adapter-mariadb, resilience()',
    'prisma-mysql2': 'PrismaMySQL2',
    'prisma-mysql2-resilience': 'PrismaMySQL2, resilience()',
  },
  kysely: {
    bare: 'Kysely on a bare pool',
    'gone-away': 'Kysely on gone-away',
  },
} as const;

export type Group = keyof typeof contenders;
export type NameIn<G extends Group> = keyof (typeof contenders)[G];

export const groups = Object.keys(contenders) as readonly Group[];

/** What others have made, and a bench without is still one. Whatever else cannot be measured fails the run. */
export const peers: ReadonlySet<string> = new Set(['aws-wrapper', 'aws-wrapper-no-plugins', 'knex', 'mariadb']);

/** What these do otherwise than `gone-away`, they do in transactions. */
export const transactionsOnly: ReadonlySet<string> = new Set(['rerun', 'exactly-once', 'idempotency-key']);

export function namesIn(group: Group): readonly string[] {
  return Object.keys(contenders[group]);
}

export function titleOf(group: Group, name: string): string {
  return (contenders[group] as Readonly<Record<string, string>>)[name] ?? name;
}

/** Some of a group's contenders, its first one always among them. */
export function chosenIn(group: Group, wanted: readonly string[] | undefined): readonly string[] {
  const names = namesIn(group);
  if (wanted === undefined) return names;
  const chosen = names.filter((name, place) => place === 0 || wanted.includes(name));
  return chosen.some((name) => wanted.includes(name)) ? chosen : [];
}

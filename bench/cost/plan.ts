import { chosenIn, type Group, type Statement } from '../plan.ts';

/** Of the contenders of the bench: the bare ones, which others are measured against, and those of this package. */
export const costContenders: Readonly<Record<Group, readonly string[]>> = {
  mysql2: ['bare', 'gone-away'],
  drizzle: ['bare', 'gone-away'],
  prisma: ['adapter-mariadb', 'prisma-mysql2', 'prisma-mysql2-resilience'],
  kysely: ['bare', 'gone-away'],
};

/** Some of a group's contenders, its first one always among them. */
export function chosenOf(group: Group, wanted: readonly string[] | undefined): readonly string[] {
  return chosenIn(group, wanted ?? costContenders[group]).filter((name) => costContenders[group].includes(name));
}

/** What Kysely sends is sent by mysql2. */
export const defaultGroups: readonly Group[] = ['mysql2', 'drizzle', 'prisma'];

/** Those that tell most: what 100 rows cost is mysql2's, and not ours. */
export const defaultStatements: readonly Statement[] = ['ping', 'point', 'insert', 'transaction'];

/** In each of them the same calls are made, one window after the other. */
export const windows = 5;

/** Calls of each window, where valgrind counts. A call of Prisma is ten of the others, and a transaction is five statements. */
export function callsOf(group: Group, statement: Statement): number {
  const calls = group === 'prisma' ? 60 : 200;
  return statement === 'transaction' ? Math.round(calls * 0.3) : calls;
}

/**
 * How often there is a rehearsal, of so many times the calls of a window, before calls are counted one after the other, and before they are
 * several at a time: until then V8 still compiles what is called often. It does that once more when the first garbage was collected, and
 * when the process was spoken to for the first time: so these come between rehearsals.
 */
export const rehearsals = { first: 4, next: 2 } as const;
export const rehearsalFactor = 10;

/** How often all windows are counted at most, where they do not agree. */
export const mostTries = 4;

/** How far the middle three of five windows may be apart that agree. */
export const agreement = 0.02;

/** So many times the calls of a window of valgrind are made where allocations are sampled: that has no valgrind, and is not exact. */
export const sampledFactor = 5;

/** And where it is CPU time that is counted: its clock has a grain. */
export const cpuFactor = 10;

/**
 * One thread: what is compiled and collected beside the program would be counted with it as chance has it. So much room for new objects
 * that a window needs no garbage collection. And what is called often is compiled after a quarter of the usual calls.
 */
export const nodeFlags = [
  '--single-threaded',
  '--expose-gc',
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
  '--interrupt-budget=16896',
] as const;

/** How long a process with one contender and one statement may take, in milliseconds. */
export const childMs = 300_000;

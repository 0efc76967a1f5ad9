import type { Call, OpenContender, Target } from './contenders/contender.ts';
import { countWritten, idOf, itemValue, pageLength } from './data.ts';
import type { Statement } from './plan.ts';

/**
 * Makes each call of a contender a few times, and holds what comes of it against the tables: what answers nothing, or wrongly, is quick.
 *
 * @throws {Error} that says what was wrong
 */
export async function verify({ calls }: OpenContender, wanted: readonly Statement[], target: Target): Promise<void> {
  for (const statement of wanted) {
    const call = calls[statement];
    if (call === undefined) continue;
    const wrong = await faults[statement](call, target);
    if (wrong !== undefined) throw new Error(`${statement}: ${wrong}`);
  }
}

type Fault = (call: Call, target: Target) => Promise<string | undefined>;

/** Not the first row and not the last one. */
const someCall = 7;

const faults: Readonly<Record<Statement, Fault>> = {
  ping: async (call) => expectRows(rowsIn(await call(someCall)), 1),
  point: async (call) => {
    const rows = rowsIn(await call(someCall));
    const id = idOf(someCall);
    const [row] = rows as readonly { id?: unknown; value?: unknown }[];
    if (row?.id !== id || row.value !== itemValue(id)) return `expected row ${id}, got ${JSON.stringify(row)}`;
    return expectRows(rows, 1);
  },
  rows: async (call) => expectRows(rowsIn(await call(someCall)), pageLength),
  insert: (call, target) => expectWritten(call, target, { operations: 2, balance: 0 }),
  transaction: (call, target) => expectWritten(call, target, { operations: 2, balance: 2 }),
};

/** The rows in an answer, wherever a driver or an ORM puts them. */
export function rowsIn(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return Array.isArray(answer[0]) ? answer[0] : answer;
  if (typeof answer !== 'object' || answer === null) return [];
  return 'rows' in answer && Array.isArray(answer.rows) ? answer.rows : [answer];
}

function expectRows(rows: readonly unknown[], count: number): string | undefined {
  return rows.length === count ? undefined : `expected ${count} rows, got ${rows.length}`;
}

async function expectWritten(
  call: Call,
  target: Target,
  expected: { readonly operations: number; readonly balance: number },
): Promise<string | undefined> {
  const before = await countWritten(target);
  await Promise.all([call(someCall), call(someCall + 1)]);
  const after = await countWritten(target);
  const got = { operations: after.operations - before.operations, balance: after.balance - before.balance };
  if (got.operations === expected.operations && got.balance === expected.balance) return undefined;
  return `expected ${JSON.stringify(expected)} more, got ${JSON.stringify(got)}`;
}

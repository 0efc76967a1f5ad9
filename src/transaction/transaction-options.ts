import { anyOptions } from '../policy/option-checks.ts';
import { callRules, transactionOptionNames } from '../policy/option-rules.ts';
import type { TransactionOptions } from '../policy/options.ts';
import { type OneTransactionPolicy, type TransactionPolicy, transactionPolicy } from '../policy/policy.ts';

/**
 * What the options of one `transaction()` call say beyond what the ORM knows of.
 *
 * @param config may have options of the ORM as well, which are left alone
 * @param others the names of those
 * @throws TypeError for an option that nobody knows, for a value that is wrong, and for values that contradict each other
 */
export function ownTransactionOptions(
  base: TransactionPolicy,
  config: object | undefined,
  others: readonly string[],
): OneTransactionPolicy {
  if (config === undefined) return { ...base, idempotencyKey: undefined };
  anyOptions('options', config);
  for (const name of Object.keys(config)) {
    if (!others.includes(name) && !transactionOptionNames.includes(name)) throw unknownOption(name, others);
  }
  const isReadOnly = (config as { accessMode?: unknown }).accessMode === 'read only';
  // What is set for all transactions is not for those that write nothing.
  const usual = isReadOnly ? { ...base, exactlyOnce: false } : base;
  const own = Object.entries(config).filter(([name]) => transactionOptionNames.includes(name));
  const options = transactionPolicy(usual, Object.fromEntries(own) as TransactionOptions);
  if (!isReadOnly || !options.exactlyOnce) return options;
  throw new TypeError(
    'Expected `accessMode` to be \'read write\' or left out beside `exactlyOnce`, which writes a row of its own, got "read only"',
  );
}

function unknownOption(name: string, others: readonly string[]): TypeError {
  if (Object.hasOwn(callRules.checks, name)) {
    return new TypeError(
      `Unexpected option \`${name}\` of a transaction: it is for calls, as in $resilience({ ${name} }).transaction(...)`,
    );
  }
  const known = [...others, ...transactionOptionNames].join(', ');
  return new TypeError(`Unknown option \`${name.slice(0, 40)}\` of a transaction; expected one of: ${known}`);
}

/** The others. */
export function otherTransactionOptions(config: object): object {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !transactionOptionNames.includes(name)));
}

/**
 * A nested transaction is a savepoint: it has no COMMIT whose answer could be lost, and the outermost transaction decides for it.
 *
 * @throws TypeError when something is asked for that only the outermost can have
 */
export function refuseLedgerOptions(config: unknown): void {
  if (typeof config !== 'object' || config === null) return;
  for (const name of ['exactlyOnce', 'idempotencyKey'] as const) {
    const value = (config as Partial<Record<typeof name, unknown>>)[name];
    if (value === undefined || value === false) continue;
    throw new TypeError(
      `Unexpected \`${name}\` for a nested transaction: it is a savepoint, and ends with the outermost one. Ask for it there`,
    );
  }
}

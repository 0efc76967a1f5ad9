import {
  type TransactionOptions,
  type TransactionPolicy,
  transactionOptionNames,
  transactionPolicy,
} from '../../src/index.ts';

/**
 * What the options of one `transaction()` call say beyond what the ORM knows of.
 *
 * @param config may have options of the ORM as well, which are left alone
 * @throws TypeError for a value that is wrong
 */
export function ownTransactionOptions(base: TransactionPolicy, config: object | undefined): TransactionPolicy {
  if (config === undefined) return base;
  const own = Object.entries(config).filter(([name]) => transactionOptionNames.includes(name));
  return own.length === 0 ? base : transactionPolicy(base, Object.fromEntries(own) as TransactionOptions);
}

/** The others. */
export function otherTransactionOptions(config: object): object {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !transactionOptionNames.includes(name)));
}

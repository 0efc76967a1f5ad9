import { withResilience } from 'gone-away/mysql2';
import { createPool, type Pool } from 'mysql2/promise';
import { pingOnCheckout } from '../../examples/demo/ping-on-checkout.ts';
import { openAwsWrapper } from '../contenders/aws-wrapper.ts';
import { type Call, poolSize, type Target } from '../contenders/contender.ts';
import { sqlCalls } from '../contenders/sql-calls.ts';
import { attemptMs, type RecoveryContender } from './plan.ts';

/** A contender with a pool of its own, and the one call that its callers make. */
export interface Recovering {
  readonly call: Call;
  close(): Promise<unknown>;
}

export const recipes: Readonly<Record<RecoveryContender, (target: Target) => Promise<Recovering>>> = {
  bare: async (target) => onPool(forgiving(open(target))),
  // The careful kind, which takes another connection where one does not answer.
  ping: async (target) => onPool(pingOnCheckout(forgiving(open(target)))),
  'aws-wrapper': async (target) => {
    const limits = { wrapperConnectTimeout: attemptMs, wrapperQueryTimeout: attemptMs };
    const { calls, close } = await openAwsWrapper({ ...target, ...limits });
    if (calls.point === undefined) throw new Error('it has no point select');
    return { call: calls.point, close };
  },
  'gone-away': async (target) => onPool(withResilience(open(target), { attemptTimeout: attemptMs })),
};

function open(target: Target): Pool {
  return createPool({ ...target, connectionLimit: poolSize, connectTimeout: attemptMs });
}

/** mysql2 listens only for the first error of a connection; a second one would end the process. A favour to those who use it bare. */
function forgiving(pool: Pool): Pool {
  pool.on('connection', (connection) => connection.on('error', () => {}));
  return pool;
}

function onPool(pool: Pool): Recovering {
  const { point } = sqlCalls((sql, values) => pool.query(sql, values), noTransactions);
  return { call: point, close: () => pool.end() };
}

const noTransactions = (): never => {
  throw new Error('callers only read');
};

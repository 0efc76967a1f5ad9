/**
 * A program that uses the extension on an adapter of somebody else, and the proxy for tests. It is compiled and run where neither mysql2 nor Prisma is installed; every
 * import is by the name of the package.
 */
import assert from 'node:assert/strict';
import * as core from 'gone-away';
import {
  type CallOptions,
  OutcomeUnknownError,
  originalErrorOf,
  type ResilienceExtension,
  type ResilienceMethods,
  resilience,
  type TransactionContext,
} from 'gone-away/prisma';
import { createFaultProxy, type FaultProxy } from 'gone-away/testing';

const methods: readonly (keyof ResilienceMethods)[] = ['$resilience', '$transaction'];
const context: TransactionContext = { attempt: 1 };
const options: CallOptions = { retries: context.attempt };

interface Extension {
  readonly query: { $allOperations(params: object): Promise<unknown> };
  readonly client: object;
}

/** As much of a client of Prisma as `$extends` needs. */
function extend(extension: ResilienceExtension): Extension {
  const applied: Extension[] = [];
  extension({ $transaction: async () => {}, $extends: (given: Extension) => applied.push(given) });
  const [first] = applied;
  assert(first);
  return first;
}

/** Loses its connection the first time. */
class LossyQuery {
  times = 0;
  readonly query = async (): Promise<string> => {
    this.times += 1;
    if (this.times === 1) throw Object.assign(new Error('Connection lost'), { code: 'PROTOCOL_CONNECTION_LOST' });
    return 'answered';
  };
}

const alone = { model: 'User', args: {}, __internalParams: { transaction: undefined } };
const { query, client } = extend(resilience({ ...options, minTimeout: 0, maxTimeout: 0 }));
assert.deepEqual(Object.keys(client).sort(), [...methods].sort());

const read = new LossyQuery();
assert.equal(await query.$allOperations({ ...alone, operation: 'findMany', query: read.query }), 'answered');
assert.equal(read.times, 2);

const write = new LossyQuery();
const failed: unknown = await query
  .$allOperations({ ...alone, operation: 'create', query: write.query })
  .catch((error: unknown) => error);
assert(failed instanceof OutcomeUnknownError);
assert.equal(failed.code, 'ERR_GONE_AWAY_OUTCOME_UNKNOWN');
assert.equal(originalErrorOf(failed), failed);
assert.equal(write.times, 1);
assert.equal(OutcomeUnknownError, core.OutcomeUnknownError);

// Nor does the proxy for tests need mysql2. It closes itself, or else this program would not end.
const faults: FaultProxy & AsyncDisposable = await createFaultProxy({ host: '127.0.0.1', port: 1 });
assert.equal(faults.url, `mysql://127.0.0.1:${faults.port}`);

// What does need mysql2 says so, in the words of Node.js.
for (const subpath of ['prisma/adapter', 'mysql2'])
  await assert.rejects(import(`gone-away/${subpath}`), {
    code: 'ERR_MODULE_NOT_FOUND',
    message: /Cannot find package 'mysql2'/,
  });

import { isObject, longestTimer, propertyOf } from '../../../src/internal.ts';

/**
 * The one room of the extension that touches what Prisma does not document. Everything is looked for before it is used; where something
 * is missing, nothing is retried. Written against Prisma 7.
 */

/** What Prisma gives to a query hook. */
export interface QueryHookParams {
  readonly model?: string | undefined;
  readonly operation: string;
  readonly args: unknown;
  query(args: unknown): Promise<unknown>;
}

/** The client that the extension is applied to, and every client derived from it. */
export interface ExtendableClient {
  $extends(extension: object): ExtendableClient;
  $transaction(input: unknown, options?: unknown): Promise<unknown>;
}

/**
 * What an operation runs in.
 *
 * - `alone`: in nothing; the query may run again.
 * - `transaction`: an interactive transaction, or something that is not known: it must not run again.
 * - `batch`: an array of operations; a second run would be on its own, committed at once, after the COMMIT of the batch.
 * - `hidden`: this version of Prisma does not say.
 */
export type Surroundings =
  | { readonly kind: 'alone' | 'hidden' }
  | { readonly kind: 'transaction'; readonly id: string | undefined }
  | { readonly kind: 'batch'; readonly element: object };

/** One run of one operation, the same object for every hook and every retry. */
export function requestOf(params: QueryHookParams): object | undefined {
  const { __internalParams } = params as { __internalParams?: unknown };
  return isObject(__internalParams) ? __internalParams : undefined;
}

export function surroundingsOf(params: QueryHookParams): Surroundings {
  const request = requestOf(params);
  if (request === undefined || !('transaction' in request)) return { kind: 'hidden' };
  const { transaction } = request;
  if (transaction === undefined) return { kind: 'alone' };
  const { kind, id } = (isObject(transaction) ? transaction : {}) as { kind?: unknown; id?: unknown };
  if (kind === 'batch') return { kind, element: transaction as object };
  return { kind: 'transaction', id: typeof id === 'string' ? id : undefined };
}

interface BatchElement {
  requestTransaction?: (element: object) => unknown;
}

/**
 * The same operations for `$transaction([...])`, and a word about each element before it begins: the object by which
 * {@link surroundingsOf} knows it again.
 */
export function watchElements(elements: readonly unknown[], begins: (element: object) => void): readonly unknown[] {
  return elements.map((original) => {
    const { requestTransaction } = (isObject(original) ? original : {}) as BatchElement;
    if (typeof requestTransaction !== 'function') return original;
    return Object.create(original as object, {
      requestTransaction: {
        value: (element: object) => {
          begins(element);
          return requestTransaction.call(original, element);
        },
      },
    });
  });
}

const transactionIds: readonly symbol[] = [
  Symbol.for('prisma.client.transaction.scope_context'),
  Symbol.for('prisma.client.transaction.id'),
];

/** The id of the interactive transaction that this client works in, by which {@link surroundingsOf} names it. */
export function transactionIdOf(client: object): string | undefined {
  for (const symbol of transactionIds) {
    const found: unknown = Reflect.get(client, symbol);
    const id: unknown = isObject(found) ? Reflect.get(found, 'txId') : found;
    if (typeof id === 'string') return id;
  }
  return undefined;
}

/** What the schema of a client says that its database is; undefined where this version of Prisma does not say. */
export function providerOf(client: object): string | undefined {
  const provider: unknown = Reflect.get(client, '_activeProvider');
  return typeof provider === 'string' ? provider : undefined;
}

/** Prisma's own, in milliseconds. */
const defaultMaxWait = 2_000;

/** Whether the user has set a `maxWait`, for this transaction or for the client. Prisma fills in its default, and does not tell the difference. */
export function limitsStart(client: object, options?: object): boolean {
  const ownLimit = propertyOf(options, 'maxWait');
  if (ownLimit !== undefined) return true;
  const limit = propertyOf(propertyOf(propertyOf(client, '_engineConfig'), 'transactionOptions'), 'maxWait');
  return limit !== undefined && limit !== defaultMaxWait;
}

/**
 * A `maxWait` for a client on an adapter that bears with the server for `maxRetryTime` by itself, both in milliseconds: longer than that, so that Prisma does not break in on
 * it, and each time costs a retry.
 */
export function patientStart(maxRetryTime: number): number {
  return Math.min(maxRetryTime + defaultMaxWait, longestTimer);
}

/** The driver adapter of a client, as it calls itself; undefined where there is none, or this version of Prisma does not say. */
export function adapterNameOf(client: object): string | undefined {
  const config: unknown = Reflect.get(client, '_engineConfig');
  const adapter: unknown = isObject(config) ? Reflect.get(config, 'adapter') : undefined;
  const name: unknown = isObject(adapter) ? Reflect.get(adapter, 'adapterName') : undefined;
  return typeof name === 'string' ? name : undefined;
}

let warned = false;

/** Says once in the life of the process that the extension cannot do its work. */
export function warnOfHiddenSurroundings(): void {
  if (warned) return;
  warned = true;
  // biome-ignore lint/style/noRestrictedGlobals: a warning, no timer
  process.emitWarning(
    'This version of Prisma does not tell whether an operation runs in a transaction, so resilience() retries nothing',
    { code: 'GONE_AWAY_PRISMA' },
  );
}

import { isObject, longestTimer, processWide, propertyOf } from '../../../src/internal.ts';

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
  $disconnect?(): Promise<void>;
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

/**
 * The `maxWait` that the user has set, for this transaction or for the client; undefined where that is not so. Prisma fills in its default, and does not tell
 * the difference.
 */
export function startLimitOf(client: object, options?: object): unknown {
  const ownLimit = propertyOf(options, 'maxWait');
  if (ownLimit !== undefined) return ownLimit;
  const limit = propertyOf(propertyOf(propertyOf(client, '_engineConfig'), 'transactionOptions'), 'maxWait');
  return limit === defaultMaxWait ? undefined : limit;
}

/** What Prisma says when a transaction could not begin within its `maxWait`, with Prisma's own code. */
export function lateStartError(): Error {
  const message = 'Transaction API error: Unable to start a transaction in the given time.';
  return Object.assign(new Error(message), { code: 'P2028' });
}

interface RequestHandler {
  handleAndLogRequestError?: (failed: { readonly error: unknown; readonly clientMethod: string }) => never;
}

/**
 * What Prisma makes of an error of its adapter, where it did not see that itself: a PrismaClientKnownRequestError of one with a code. As it is, where this
 * version of Prisma has no way for that.
 */
export function asPrismaError(client: object, error: Error): unknown {
  const handler = propertyOf(client, '_requestHandler') as RequestHandler | undefined;
  if (typeof handler?.handleAndLogRequestError !== 'function') return error;
  try {
    return handler.handleAndLogRequestError({ error, clientMethod: 'connect' });
  } catch (made) {
    return made;
  }
}

/** The hooks of gone-away. */
function ownHooks(): WeakSet<object> {
  return processWide('prisma-hooks.1', () => new WeakSet());
}

/** What is between a hook and Prisma itself. */
export interface HooksInside {
  /** Another one of gone-away: what is done once, is done there. */
  readonly hasOwn: boolean;
  /** Any other. */
  readonly hasOthers: boolean;
}

/**
 * A query hook that is told what is inside of it. Prisma calls each hook as a method of the list of all.
 */
export function hookWithin(
  run: (params: QueryHookParams, inside: HooksInside) => Promise<unknown>,
): (params: QueryHookParams) => Promise<unknown> {
  const seen = new WeakMap<object, HooksInside>();
  function hook(this: unknown, params: QueryHookParams): Promise<unknown> {
    if (!Array.isArray(this)) return run(params, { hasOwn: false, hasOthers: true });
    let inside = seen.get(this);
    if (inside === undefined) {
      const others: unknown[] = this.slice(this.indexOf(hook) + 1);
      const isOwn = (one: unknown) => typeof one === 'function' && ownHooks().has(one);
      inside = { hasOwn: others.some(isOwn), hasOthers: !others.every(isOwn) };
      seen.set(this, inside);
    }
    return run(params, inside);
  }
  ownHooks().add(hook);
  return hook;
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
  const name: unknown = propertyOf(adapterOf(client), 'adapterName');
  return typeof name === 'string' ? name : undefined;
}

/** What the client was given as its driver adapter; undefined where this version of Prisma does not say. */
export function adapterOf(client: object): unknown {
  return propertyOf(propertyOf(client, '_engineConfig'), 'adapter');
}

/** Longer than any list of extensions that somebody applies. */
const mostExtensions = 100;

/**
 * Asks the server in an interactive transaction, past all hooks: one of them may wait for what is to be answered first.
 *
 * @param tx the client of the transaction
 * @returns the rows; undefined where this version of Prisma has no way for that
 */
export async function askInside(tx: object, sql: string): Promise<unknown> {
  let client: unknown = tx;
  for (let depth = 0; depth < mostExtensions && isObject(client); depth += 1) {
    const extensions = propertyOf(client, '_extensions') as { isEmpty?: () => unknown } | undefined;
    if (typeof extensions?.isEmpty !== 'function') return undefined;
    if (extensions.isEmpty() === true) {
      const { $queryRawUnsafe: ask } = client as { $queryRawUnsafe?: (text: string) => PromiseLike<unknown> };
      return typeof ask === 'function' ? await ask.call(client, sql) : undefined;
    }
    client = propertyOf(client, '_appliedParent');
  }
  return undefined;
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

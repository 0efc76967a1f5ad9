import { AsyncLocalStorage } from 'node:async_hooks';
import { attachEvidence, type CallOptions, isObject, neverAcquired, processWide } from '../../../src/internal.ts';

/**
 * The options of one call, on their way from the extension to the driver adapter. Prisma has no way for them, so they travel with the
 * asynchronous context.
 *
 * Prisma puts together what is asked for in one turn of the event loop (`findUnique`, the operations of a batch), in the context of the first
 * of them. So an option may reach a read or a BEGIN of somebody else, and none may be in here that would do harm there:
 * `idempotent` stays with the extension.
 */
export class CallScope {
  readonly options: CallOptions | undefined;
  /** For the one transaction that this call is. */
  ticket: LedgerTicket | undefined;
  /** The callback of that transaction has begun and not ended: who rolls it back now does not wait for what is under way in it. */
  callbackRuns = false;
  /**
   * Aborts when Prisma does not wait any more for the beginning of that transaction. Only of one with a callback, whose BEGIN comes in the context of its own call:
   * it would do harm to somebody else's. Whoever begins the transaction takes it away.
   */
  start: AbortSignal | undefined;
  /** An adapter of this package has taken the options: their limits are its business. */
  reachedAdapter = false;
  /** Its caller was told that it has ended, before it came to the adapter: nothing of it is sent any more. */
  isGivenUp = false;

  constructor(options?: CallOptions) {
    this.options = options;
  }

  /** Runs work of which a part may be the adapter's. */
  run<T>(work: () => T): T {
    return scopes().run(this, work);
  }
}

/** The result of a transaction whose key was used before. */
interface StoredResult {
  readonly result: unknown;
}

/** The result of a callback, as another call with the same key is to get it. */
interface EncodedResult {
  readonly json: string | undefined;
}

/** What the adapter has in the ledger for a key: as much of it as is spoken of here, so that nothing here depends on the pool. */
export type LedgerPart =
  | {
      readonly kind: 'claimed';
      readonly stored: StoredResult | undefined;
      /** @throws TypeError for a result that cannot be stored */
      encodeResult(result: unknown): EncodedResult;
    }
  | { readonly kind: 'stored'; readonly stored: StoredResult };

/** What an interactive transaction with an `idempotencyKey` and the adapter tell each other past Prisma. */
export class LedgerTicket {
  readonly idempotencyKey: string;
  /** What the adapter has in the ledger for the key, once it has begun. */
  claim: LedgerPart | undefined;
  #encoded: EncodedResult | undefined;

  constructor(idempotencyKey: string) {
    this.idempotencyKey = idempotencyKey;
  }

  /** What another transaction with this key has returned, where that is why this one did not begin, or did not go on. */
  get stored(): StoredResult | undefined {
    return this.claim?.stored;
  }

  /** What the adapter is to store before COMMIT; undefined until the callback has returned. */
  get encoded(): EncodedResult | undefined {
    return this.#encoded;
  }

  /**
   * The callback has returned this.
   *
   * @throws TypeError for a result that cannot be stored
   */
  keepResult(result: unknown): void {
    if (this.claim?.kind === 'claimed') this.#encoded = this.claim.encodeResult(result);
  }
}

/** What a call tells the adapter. The adapter may be one of another copy of this package, in another version: nothing of it is sure to be there. */
export type CurrentCall = Partial<
  Pick<CallScope, 'options' | 'ticket' | 'callbackRuns' | 'start' | 'reachedAdapter' | 'isGivenUp'>
>;

/** Takes what says that nobody waits any more for the transaction that is to begin now. */
export function takeStart(call: CurrentCall | undefined): AbortSignal | undefined {
  const start = call?.start;
  if (call !== undefined && start !== undefined) call.start = undefined;
  return start;
}

/** The call that this runs in, if it has options for the adapter. */
export function currentCall(): CurrentCall | undefined {
  return scopes().getStore();
}

/** The extension and the adapter may be of two copies of this package: a bundler may take one of them in, and leave the other out. */
function scopes(): AsyncLocalStorage<CurrentCall | undefined> {
  return processWide('prisma-calls.1', () => new AsyncLocalStorage());
}

/** Runs work that the options of the current call are not for. */
export function outsideCalls<T>(work: () => T): T {
  return currentCall() === undefined ? work() : scopes().run(undefined, work);
}

/** What options can be laid over. */
interface Derivable<C> {
  with(options: CallOptions): C;
}

const clients = new WeakMap<object, WeakMap<CallOptions, unknown>>();

/**
 * The same client of a pool with the options of the current call laid over its policy.
 *
 * @throws GivenUpError when nobody waits for that call any longer
 */
export function clientForCall<C extends Derivable<C>>(client: C): C {
  const scope = currentCall();
  const options = scope?.options;
  if (scope === undefined || !isObject(options)) return client;
  if (scope.isGivenUp === true) throw new GivenUpError();
  scope.reachedAdapter = true;
  return withOptions(client, options);
}

/** The same for what precedes the call: that has not come to the adapter yet. */
export function clientForQuestion<C extends Derivable<C>>(client: C): C {
  const options = currentCall()?.options;
  return isObject(options) ? withOptions(client, options) : client;
}

/** Seen by those of whose work Prisma has made one statement with that of the call. They are asked again. */
export class GivenUpError extends Error {
  readonly code = 'ABORT_ERR';

  constructor() {
    super('Nobody waits any longer for the operation that this statement is of: it was not sent');
    attachEvidence(this, neverAcquired);
  }
}

function withOptions<C extends Derivable<C>>(client: C, options: CallOptions): C {
  let derived = clients.get(client);
  if (derived === undefined) {
    derived = new WeakMap();
    clients.set(client, derived);
  }
  let forCall = derived.get(options) as C | undefined;
  if (forCall === undefined) {
    forCall = client.with(options);
    derived.set(options, forCall);
  }
  return forCall;
}

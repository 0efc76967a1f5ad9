import {
  AcquireTimeoutError,
  attachEvidence,
  connectPendingCode,
  type Failure,
  failureOf,
  isRefusedByServer,
  neverAcquired,
  noCredentialsCode,
  notPreparedCode,
  type RetryPolicy,
  stuckAfter,
} from '../../../src/internal.ts';

/** What a call knows that waited for a connection until its time was over. Times in milliseconds. */
export interface AcquireTimeoutFacts {
  readonly policy: Pick<RetryPolicy, 'acquireTimeout' | 'maxRetryTime' | 'patienceOption' | 'retries'>;
  readonly elapsedMs: number;
  /** Where the pool connects to. */
  readonly address: string;
  /** For how long the server is known to be away; undefined while it is not. */
  readonly awayForMs: number | undefined;
  /** For how long a new connection is being made; undefined while none is. */
  readonly connectingForMs: number | undefined;
  /** Nobody has said yet as whom to connect. */
  readonly asksForCredentials: boolean;
  /** How many connections somebody holds, and how many of them were given to the user. */
  readonly held: number;
  readonly handedOut: number;
  /** For how long the one has been held that is held longest; undefined where that is not known. */
  readonly heldForMs: number | undefined;
  /** For how long nothing has happened on any of them, as far as that was looked for. */
  readonly idleForMs: number;
  /** Infinite if the pool has none. */
  readonly connectionLimit: number;
  /** Why the last attempt to connect failed, while the server is away. */
  readonly lastError: unknown;
  readonly lastFailure: Failure | undefined;
}

/** The error for a call that got no connection in time; it says what was in the way, and which option limited the wait. */
export function acquireTimeoutError(facts: AcquireTimeoutFacts): AcquireTimeoutError {
  const { elapsedMs, lastError } = facts;
  const why = reasonOf(facts);
  const message = `No connection within ${inWords(elapsedMs)}: ${why}. Nothing was sent.`;
  return neverSent(message, why, elapsedMs, lastError ?? pendingError(facts));
}

/** In the place of an error that has not come yet: what is being waited for. */
function pendingError({
  address,
  asksForCredentials,
  awayForMs,
  connectingForMs,
}: AcquireTimeoutFacts): Error | undefined {
  if (awayForMs !== undefined || connectingForMs === undefined) return undefined;
  const what = asksForCredentials ? '`credentials` of the pool' : `The handshake with ${address}`;
  const message = `${what} is still pending after ${inWords(connectingForMs)}: nothing has failed yet`;
  return Object.assign(new Error(message), { code: connectPendingCode });
}

/** The error for a call that would have been refused until its patience was over. */
export function refusalError(
  facts: Pick<AcquireTimeoutFacts, 'policy' | 'elapsedMs' | 'address' | 'lastError' | 'lastFailure'>,
): AcquireTimeoutError {
  const { address, elapsedMs, lastError, lastFailure, policy } = facts;
  const what = lastFailure?.kind === 'not-ready' ? 'everything' : 'writes';
  const why = `the server at ${address} refuses ${what} (${lastFailure?.errno ?? lastFailure?.code})`;
  const limit = `${patienceOf(policy)} waits no longer`;
  return neverSent(`Not sent within ${inWords(elapsedMs)}: ${why}, and ${limit}.`, why, elapsedMs, lastError);
}

/** @param cause may be what the server has refused to somebody else, who had sent it: that says nothing of this call */
function neverSent(message: string, source: string, elapsedMs: number, cause: unknown): AcquireTimeoutError {
  const failure = failureOf(
    { proof: 'not-executed', kind: 'acquire-timeout', invalidates: 'nothing', source },
    neverAcquired,
  );
  const error = new AcquireTimeoutError(message, { failure, attempts: 1, elapsedMs, cause });
  attachEvidence(error, neverAcquired);
  return error;
}

function reasonOf(facts: AcquireTimeoutFacts): string {
  const { address, awayForMs, connectingForMs, lastFailure, policy } = facts;
  if (awayForMs !== undefined) {
    const said = lastFailure?.code ?? lastFailure?.errno ?? lastFailure?.kind;
    const limit = policy.retries === 0 ? '`retries: 0`' : patienceOf(policy);
    return `${whatLasts(address, lastFailure)} for ${inWords(awayForMs)} (${said}), and ${limit} waits no longer`;
  }
  if (connectingForMs !== undefined) {
    const who = facts.asksForCredentials ? '`credentials` of the pool' : `the server at ${address}`;
    return `${who} has not answered ${facts.asksForCredentials ? 'for' : 'an attempt to connect for'} ${inWords(connectingForMs)} (${patienceOf(policy)})`;
  }
  return `${holdersOf(facts)} (\`acquireTimeout: ${stuckAfter(policy)}\`)`;
}

function whatLasts(address: string, lastFailure: Failure | undefined): string {
  if (lastFailure?.code === noCredentialsCode) return `\`credentials\` has given nothing to connect to ${address} with`;
  if (lastFailure?.code === notPreparedCode) {
    return `a listener of the pool's events has destroyed each new connection to ${address}`;
  }
  const refuses = lastFailure !== undefined && isRefusedByServer(lastFailure);
  return `the server at ${address} has ${refuses ? 'refused connections' : 'been away'}`;
}

function patienceOf({ maxRetryTime, patienceOption }: AcquireTimeoutFacts['policy']): string {
  return `\`${patienceOption ?? 'maxRetryTime'}: ${maxRetryTime}\``;
}

function holdersOf({ connectionLimit, held, handedOut, heldForMs, idleForMs }: AcquireTimeoutFacts): string {
  if (held === 0)
    return 'all connections are held by somebody who has not taken them through gone-away, and none came back';
  const all = Number.isFinite(connectionLimit) ? ` of ${connectionLimit}` : '';
  const by = `${handedOut} by getConnection(), ${held - handedOut} by statements and transactions`;
  const since = idleForMs > 0 ? `, and nothing happened on any for ${inWords(idleForMs)}` : '';
  const longest = heldForMs === undefined ? '' : `, the longest for ${inWords(heldForMs)}`;
  return `${held}${all} connections are held (${by})${longest}, none came back${since}`;
}

function inWords(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`;
}

import {
  causesOf,
  classify,
  type Failure,
  type GoneAwayErrorCode,
  isError,
  isGoneAwayError,
  messageOf,
  propertyOf,
} from '../../../src/internal.ts';
import { DriverAdapterError, type ErrorPayload } from './adapter-error.ts';
import { isServerError, payloadOf, type ServerError } from './server-error.ts';

/** Not for Prisma's codes: somebody retries those. */
const mayLeaveUnknown: ReadonlySet<GoneAwayErrorCode> = new Set([
  'ERR_GONE_AWAY_OUTCOME_UNKNOWN',
  'ERR_GONE_AWAY_LEDGER',
  'ERR_GONE_AWAY_SESSION_BOUND',
]);

/**
 * What to throw at Prisma for a failure below it.
 *
 * - An `OutcomeUnknownError`, a `LedgerError` or a `SessionBoundError`, which may leave an outcome unknown as well, is thrown as it is: its code is none of
 *   Prisma's, so that nobody who retries on P1017 or P2034 applies a write twice.
 * - A pool whose connections are all in use is P2024.
 * - Everything else that happened to a connection, and every error of the server, is a {@link DriverAdapterError}.
 * - What is neither (a wrong argument, a bug, the reason of a signal) is thrown as it is.
 */
export function toPrismaError(error: unknown): unknown {
  if (isError(error) && (error instanceof DriverAdapterError || error instanceof PoolTimeoutError)) return error;
  const failure = classify(error);
  if (isGoneAwayError(error) && mayLeaveUnknown.has(error.code)) {
    return attachMeta(error, payloadOfFailure(error, failure) ?? plainPayload('ConnectionClosed', failure, error));
  }
  if (isPoolTimeout(error, failure)) return new PoolTimeoutError(error);
  if (failure.kind === 'closed' && !failure.transient) {
    return new Error('The pool that PrismaMySQL2 works on was ended: it makes no more connections', { cause: error });
  }
  const payload = payloadOfFailure(error, failure);
  return payload === undefined ? dropCode(error) : new DriverAdapterError(payload, error);
}

/** Prisma's own code, which its adapters cannot express: it makes a PrismaClientKnownRequestError of any error that has a `code`. */
class PoolTimeoutError extends Error {
  override readonly name = 'PoolTimeoutError';
  readonly code = 'P2024';

  constructor(cause: Error) {
    super(cause.message, { cause });
    attachMeta(this, plainPayload('SocketTimeout', classify(cause), cause), cause);
  }
}

/**
 * The error behind what Prisma threw, of this package or of the driver, with its evidence; undefined if there is none.
 *
 * Prisma keeps it in `error.meta.driverAdapterError.cause.originalError`, or in `error.cause` where it passes errors on as they are.
 */
export function originalErrorOf(error: unknown): unknown {
  if (isGoneAwayError(error)) return error;
  const adapterError = propertyOf(propertyOf(error, 'meta'), 'driverAdapterError') ?? error;
  return propertyOf(propertyOf(adapterError, 'cause'), 'originalError');
}

/** All connections were in use, and nothing kept more from being made. */
function isPoolTimeout(error: unknown, { kind }: Failure): error is Error {
  if (kind === 'acquire-timeout') return isError(error) && causesOf(error).every(isGoneAwayError);
  return kind === 'limit' && isError(error) && /^(Queue limit|No connections)/.test(error.message);
}

function payloadOfFailure(error: unknown, failure: Failure): ErrorPayload | undefined {
  switch (failure.kind) {
    case 'connect':
      return { ...plainPayload('DatabaseNotReachable', failure, error), ...addressOf(error) };
    case 'acquire-timeout': {
      const reason = causesOf(error).find((link) => !isGoneAwayError(link));
      const payload = payloadOfFailure(reason, classify(reason));
      return payload === undefined ? undefined : { ...payload, originalMessage: messageOf(error) };
    }
    case 'attempt-timeout':
      return plainPayload('SocketTimeout', failure, error);
    case 'connection-lost':
    case 'protocol':
    case 'shutdown':
    case 'killed':
    case 'closed':
      return failure.invalidates === 'nothing' ? sentPayload(error) : plainPayload('ConnectionClosed', failure, error);
    case 'deadlock':
    case 'conflict':
      return plainPayload('TransactionWriteConflict', failure, error);
    case 'overloaded':
      return { kind: 'TooManyConnections', cause: messageOf(error), ...originalFields(failure, error) };
    case 'authentication':
      return (
        sentPayload(error) ?? {
          kind: 'TlsConnectionError',
          reason: messageOf(error),
          ...originalFields(failure, error),
        }
      );
    default:
      return sentPayload(error);
  }
}

type PlainKind = 'ConnectionClosed' | 'SocketTimeout' | 'TransactionWriteConflict' | 'DatabaseNotReachable';

function plainPayload<K extends PlainKind>(kind: K, failure: Failure, error: unknown) {
  return { kind, ...originalFields(failure, error) };
}

function originalFields({ errno, code }: Failure, error: unknown) {
  return { originalCode: String(errno ?? code ?? 'N/A'), originalMessage: messageOf(error) };
}

function sentPayload(error: unknown): ErrorPayload | undefined {
  const sent = causesOf(error).find((link): link is ServerError => isServerError(link));
  return sent === undefined ? undefined : payloadOf(sent);
}

/** Where nobody answered, as the system's error says; several addresses of one host come as one error with `errors`. */
function addressOf(error: unknown): { host?: string; port?: number } {
  for (const link of causesOf(error)) {
    const system = propertyOf(propertyOf(link, 'errors'), '0') ?? link;
    const host = propertyOf(system, 'hostname') ?? propertyOf(system, 'address');
    const port = propertyOf(system, 'port');
    if (typeof host === 'string') return { host, ...(typeof port === 'number' && { port }) };
  }
  return {};
}

/** Prisma takes any error with a `code` for one of its own, and keeps nothing of it but the code. */
function dropCode(error: unknown): unknown {
  if (!propertyOf(error, 'code')) return error;
  return new Error(messageOf(error), { cause: error });
}

function attachMeta(error: Error, payload: ErrorPayload, originalError: Error = error): Error {
  const driverAdapterError = new DriverAdapterError(payload, originalError);
  return Object.defineProperty(error, 'meta', { value: { driverAdapterError }, configurable: true, writable: true });
}

/** The fields or the index that a violated constraint is about, as far as the server says. */
export type Constraint = { readonly fields: readonly string[] } | { readonly index: string };

type Kind =
  | { readonly kind: 'UniqueConstraintViolation'; readonly constraint?: Constraint; readonly table?: string }
  | { readonly kind: 'ForeignKeyConstraintViolation'; readonly constraint?: Constraint }
  | { readonly kind: 'NullConstraintViolation'; readonly constraint?: Constraint }
  | { readonly kind: 'LengthMismatch'; readonly column?: string }
  | { readonly kind: 'ValueOutOfRange'; readonly cause: string }
  | { readonly kind: 'InvalidInputValue'; readonly message: string }
  | { readonly kind: 'UnsupportedNativeDataType'; readonly type: string }
  | { readonly kind: 'InvalidIsolationLevel'; readonly level: string }
  | { readonly kind: 'DatabaseNotReachable'; readonly host?: string; readonly port?: number }
  | { readonly kind: 'DatabaseDoesNotExist' | 'DatabaseAlreadyExists' | 'DatabaseAccessDenied'; readonly db?: string }
  | { readonly kind: 'AuthenticationFailed'; readonly user?: string }
  | { readonly kind: 'TlsConnectionError'; readonly reason: string }
  | { readonly kind: 'ConnectionClosed' | 'SocketTimeout' | 'TransactionWriteConflict' | 'MissingFullTextSearchIndex' }
  | { readonly kind: 'TooManyConnections'; readonly cause: string }
  | { readonly kind: 'TransactionAlreadyClosed'; readonly cause: string }
  | { readonly kind: 'TableDoesNotExist'; readonly table?: string }
  | { readonly kind: 'ColumnNotFound'; readonly column?: string }
  | { readonly kind: 'mysql'; readonly code: number; readonly message: string; readonly state: string };

/** What an adapter tells Prisma of a failure. */
export type ErrorPayload = Kind & { readonly originalCode: string; readonly originalMessage: string };

/** Prisma's code for each kind, outside raw queries, where it is always P2010. Source: Prisma's client engine, user-facing errors. */
const prismaCodes: { readonly [K in Kind['kind']]: string } = {
  AuthenticationFailed: 'P1000',
  DatabaseNotReachable: 'P1001',
  DatabaseDoesNotExist: 'P1003',
  SocketTimeout: 'P1008',
  DatabaseAlreadyExists: 'P1009',
  DatabaseAccessDenied: 'P1010',
  TlsConnectionError: 'P1011',
  ConnectionClosed: 'P1017',
  TransactionAlreadyClosed: 'P1018',
  LengthMismatch: 'P2000',
  UniqueConstraintViolation: 'P2002',
  ForeignKeyConstraintViolation: 'P2003',
  InvalidInputValue: 'P2007',
  UnsupportedNativeDataType: 'P2010',
  NullConstraintViolation: 'P2011',
  ValueOutOfRange: 'P2020',
  TableDoesNotExist: 'P2021',
  ColumnNotFound: 'P2022',
  InvalidIsolationLevel: 'P2023',
  MissingFullTextSearchIndex: 'P2030',
  TransactionWriteConflict: 'P2034',
  TooManyConnections: 'P2037',
  mysql: 'P2039',
};

/** A payload, and behind it the error that it describes: what `classify()` reads its evidence from. */
export interface TracedPayload {
  readonly originalError?: unknown;
}

/**
 * The error that Prisma recognizes by its name, translates to a P-code by its `cause.kind`, and keeps whole in
 * `meta.driverAdapterError`.
 *
 * Where Prisma passes it on as it is (COMMIT, savepoints, connecting), it has the same `code` and `meta` as Prisma would have given it, and
 * a batch that it ends becomes a PrismaClientKnownRequestError by them.
 */
export class DriverAdapterError extends Error {
  override readonly name = 'DriverAdapterError';
  override readonly cause: ErrorPayload & TracedPayload;
  readonly code: string;

  /** @param originalError not enumerable in the payload: to be read by those who ask for it, not to be printed with every error */
  constructor(payload: ErrorPayload, originalError?: unknown) {
    super(payload.originalMessage);
    const cause = { ...payload };
    if (originalError !== undefined) Object.defineProperty(cause, 'originalError', { value: originalError });
    this.cause = cause;
    this.code = prismaCodes[payload.kind];
    // Not enumerable: an error that refers to itself is printed badly.
    Object.defineProperty(this, 'meta', { value: { driverAdapterError: this } });
  }
}

export function payloadError(payload: ErrorPayload): DriverAdapterError {
  return new DriverAdapterError(payload);
}

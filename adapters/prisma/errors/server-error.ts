import { propertyOf } from '../../../src/internal.ts';
import type { Constraint, ErrorPayload } from './adapter-error.ts';

/** An error that the server sent. */
export interface ServerError {
  readonly errno: number;
  readonly sqlMessage: string;
  readonly sqlState: string;
}

export function isServerError(error: unknown): error is ServerError {
  const errno = propertyOf(error, 'errno');
  const [message, state] = [propertyOf(error, 'sqlMessage'), propertyOf(error, 'sqlState')];
  return typeof errno === 'number' && errno > 0 && typeof message === 'string' && typeof state === 'string';
}

type Kind<P> = P extends ErrorPayload ? Omit<P, 'originalCode' | 'originalMessage'> : never;
type Rule = (message: string) => Kind<ErrorPayload>;

/** The rules by the server's error number; messages as MariaDB 10.5 to 11 and MySQL 8.0 to 9 word them, in English. */
const rules: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [1007, (message) => ({ kind: 'DatabaseAlreadyExists', ...named('db', quoted(message)) })],
  [1044, (message) => ({ kind: 'DatabaseAccessDenied', ...named('db', lastQuoted(message)) })],
  [1045, (message) => ({ kind: 'AuthenticationFailed', ...named('user', quoted(message)) })],
  [1698, (message) => ({ kind: 'AuthenticationFailed', ...named('user', quoted(message)) })],
  [1048, (message) => ({ kind: 'NullConstraintViolation', ...fields(quoted(message)) })],
  [1364, (message) => ({ kind: 'NullConstraintViolation', ...fields(quoted(message)) })],
  [1263, (message) => ({ kind: 'NullConstraintViolation', ...index(lastQuoted(message)) })],
  [1049, (message) => ({ kind: 'DatabaseDoesNotExist', ...named('db', lastQuoted(message)) })],
  [1054, (message) => ({ kind: 'ColumnNotFound', ...named('column', quoted(message)) })],
  [1062, duplicate],
  [1586, duplicate],
  [1146, (message) => ({ kind: 'TableDoesNotExist', ...named('table', quoted(message)?.split('.').at(-1)) })],
  [1191, () => ({ kind: 'MissingFullTextSearchIndex' })],
  [1264, (message) => ({ kind: 'ValueOutOfRange', cause: message })],
  [1690, (message) => ({ kind: 'ValueOutOfRange', cause: message })],
  [1292, (message) => ({ kind: 'InvalidInputValue', message })],
  [1366, (message) => ({ kind: 'InvalidInputValue', message })],
  [1406, (message) => ({ kind: 'LengthMismatch', ...named('column', quoted(message)) })],
  [1216, foreignKey],
  [1217, foreignKey],
  [1451, foreignKey],
  [1452, foreignKey],
]);

/** In characters. */
const longestMessage = 2_000;

/** What a server's error is in Prisma's terms: an ordinary `mysql` one unless its number says more. */
export function payloadOf({ errno, sqlMessage, sqlState }: ServerError): ErrorPayload {
  // A server's own messages have 512 bytes at most; what is longer comes from somewhere else, and need not be understood.
  const kind = rules.get(errno)?.(sqlMessage.slice(0, longestMessage)) ?? {
    kind: 'mysql',
    code: errno,
    message: sqlMessage,
    state: sqlState,
  };
  return { ...kind, originalCode: String(errno), originalMessage: sqlMessage } as ErrorPayload;
}

/** `Duplicate entry '...' for key 'index'`; MySQL 8.0.19 and later say 'table.index'. The entry may contain anything. */
function duplicate(message: string): Kind<ErrorPayload> {
  const key = /.* for key '(.+)'$/s.exec(message)?.[1];
  const dot = key?.lastIndexOf('.') ?? -1;
  return {
    kind: 'UniqueConstraintViolation',
    ...index(dot < 0 ? key : key?.slice(dot + 1)),
    ...named('table', dot < 0 ? undefined : key?.slice(0, dot)),
  };
}

/** ``... (`db`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES ...``; 1216 and 1217 name nothing. */
function foreignKey(message: string): Kind<ErrorPayload> {
  const columns = / FOREIGN KEY \((`.+?`)\) REFERENCES /.exec(message)?.[1];
  const names = columns?.slice(1, -1).split('`, `');
  return { kind: 'ForeignKeyConstraintViolation', ...(names === undefined ? {} : { constraint: { fields: names } }) };
}

/** The first thing in quotes, and not what follows the apostrophe of "Can't". */
function quoted(message: string): string | undefined {
  return /(?:^|\s)'([^']*)'/.exec(message)?.[1];
}

function lastQuoted(message: string): string | undefined {
  return /.*'([^']*)'/s.exec(message)?.[1];
}

function fields(name: string | undefined): { constraint?: Constraint } {
  return name === undefined ? {} : { constraint: { fields: [name] } };
}

function index(name: string | undefined): { constraint?: Constraint } {
  return name === undefined ? {} : { constraint: { index: name } };
}

function named<K extends string>(key: K, name: string | undefined): { readonly [P in K]?: string } {
  return (name === undefined ? {} : { [key]: name }) as { readonly [P in K]?: string };
}

import type { Evidence, Progress } from './failure.ts';
import { isError, propertyOf as read } from './property.ts';
import { readStatementKind } from './sql/statement-kind.ts';

/** An error chain longer than this is somebody's mistake, or hostile. */
const deepestChain = 12;

/** In characters: more than any message that a row looks for. */
const longestMessage = 1_000;

/** What the rows of the tables are held against. */
export interface ErrorFacts {
  readonly errno: number | undefined;
  readonly code: string | undefined;
  readonly sqlState: string | undefined;
  readonly message: string;
  /** The message is nobody's but that of who made the error, on this side: not a server's, and no wrapper's, which may quote anything. */
  readonly ownWords: boolean;
  readonly connecting: boolean;
  /** The statement was on its own, and is not to blame for what its session is set to. */
  readonly alone: boolean;
  /** The statement says itself how long it waits for a lock. */
  readonly limited: boolean;
  readonly fatal: boolean;
  /** Nobody has watched the wire, and the text that the driver quotes is a CALL, or several statements: those before the failed one may stand. */
  readonly several: boolean;
  /** The driver could make nothing of it that can be sent. */
  readonly unsendable: boolean;
}

/** The error and what caused it, outermost first: `cause`, Prisma's `meta.driverAdapterError`, `originalError`. */
export function causesOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && chain.length < deepestChain && !chain.includes(next)) {
    chain.push(next);
    const links = [read(next, 'cause'), read(read(next, 'meta'), 'driverAdapterError'), read(next, 'originalError')];
    // Some of Prisma's errors have a `cause` that is a text.
    next = links.find((link) => typeof link === 'object' && link !== null);
  }
  return chain;
}

/** A driver's own error says more than what an adapter of Prisma made of it. */
export function inOrderOfExactness(chain: readonly unknown[]): readonly unknown[] {
  return [...chain.filter((link) => !isPayload(link)), ...chain.filter(isPayload)];
}

/** What one link of the chain says of itself, and what the connection has seen where it has watched. */
export function factsOf(link: unknown, evidence: Evidence | undefined): ErrorFacts {
  if (isPayload(link)) return factsOfPayload(link, evidence);
  const errno = read(link, 'errno');
  const code = read(link, 'code');
  const sqlState = read(link, 'sqlState');
  // Node's system errors carry a negative errno of the operating system; the server's numbers are positive.
  const number = typeof errno === 'number' && errno > 0 ? errno : undefined;
  return {
    errno: number,
    code: typeof code === 'string' ? code : typeof code === 'number' ? String(code) : undefined,
    sqlState: typeof sqlState === 'string' ? sqlState : undefined,
    message: messageOf(link),
    ownWords: number === undefined && !isServers(link) && !isWrapper(link),
    ...timeOf(link, evidence),
    fatal: read(link, 'fatal') === true,
    several: evidence === undefined && quotesSeveral(link),
    unsendable: evidence !== undefined && unsent.has(evidence.progress) && isMistake(link),
  };
}

/** Nothing of it has been sent, so that what cannot be sent is the reason. */
const unsent: ReadonlySet<Progress> = new Set(['not-acquired', 'not-written', 'prepared']);

function quotesSeveral(link: unknown): boolean {
  if (failedToConnect(link)) return false;
  const sql = read(link, 'sql');
  return typeof sql === 'string' && !readStatementKind(sql, { multipleStatements: true }).isAtomic;
}

/** An error that JavaScript itself, or Node.js, makes of a wrong argument. Where it names a cause, that is to blame: `fetch()` says so of a network. */
function isMistake(link: unknown): boolean {
  const name = read(link, 'name');
  return (name === 'TypeError' || name === 'RangeError') && isError(link) && read(link, 'cause') === undefined;
}

/** The wire decides when it was; where nobody has watched it, the system call that failed. */
function timeOf(link: unknown, evidence: Evidence | undefined): Pick<ErrorFacts, 'connecting' | 'alone' | 'limited'> {
  return {
    connecting: evidence === undefined ? failedToConnect(link) : evidence.progress === 'not-acquired',
    alone: evidence?.alone === true,
    limited: evidence?.limitsLockWait === true,
  };
}

function failedToConnect(link: unknown): boolean {
  const syscall = read(link, 'syscall');
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  // Prisma's client keeps of an error of Node.js its code and its message, which begins with the system call.
  if (isPrismas(link) && /^(connect|getaddrinfo) E/.test(messageOf(link))) return true;
  // Of a name with several addresses, the error of each is in one that has no system call of its own.
  const errors = read(link, 'errors');
  return Array.isArray(errors) && errors.length > 0 && errors.every((error) => read(error, 'syscall') === 'connect');
}

function isServers(link: unknown): boolean {
  return typeof read(link, 'sqlState') === 'string' || typeof read(link, 'sqlMessage') === 'string';
}

/** An error around another one, which says it better; Prisma's quote it. */
function isWrapper(link: unknown): boolean {
  return isPrismas(link) || (read(link, 'cause') ?? read(link, 'originalError')) !== undefined;
}

function isPrismas(link: unknown): boolean {
  return typeof read(link, 'clientVersion') === 'string';
}

function messageOf(link: unknown): string {
  const [message, sqlMessage] = [read(link, 'message'), read(link, 'sqlMessage')];
  // The driver of MariaDB puts a head in front of the server's words, and the statement behind them.
  if (typeof sqlMessage === 'string' && sqlMessage !== '') return sqlMessage.slice(0, longestMessage);
  if (typeof message !== 'string') return '';
  // In front of what happened, Prisma quotes the source code of the call, which may say anything.
  return (isPrismas(link) ? message.slice(message.lastIndexOf('\n') + 1) : message).slice(0, longestMessage);
}

/** What a driver adapter tells Prisma about an error of its driver: the `cause` of a DriverAdapterError, which is no error itself. */
function isPayload(link: unknown): boolean {
  return !isError(link) && kindOf(link) !== undefined;
}

/** The same in the words of Prisma's driver adapters, which name the kind of a failure where the driver has a number. */
export function factsOfKind(link: unknown, evidence: Evidence | undefined): ErrorFacts {
  const facts = factsOf(link, evidence);
  return isPayload(link) ? { ...facts, errno: undefined, code: kindOf(link) } : facts;
}

function kindOf(link: unknown): string | undefined {
  const kind = read(link, 'kind');
  return typeof kind === 'string' ? kind : undefined;
}

function factsOfPayload(payload: unknown, evidence: Evidence | undefined): ErrorFacts {
  const originalCode = read(payload, 'originalCode');
  const state = read(payload, 'state');
  const code = typeof originalCode === 'string' ? originalCode : undefined;
  const isNumber = code !== undefined && /^[1-9]\d*$/.test(code);
  const texts = [read(payload, 'originalMessage'), read(payload, 'cause')].filter((text) => typeof text === 'string');
  return {
    errno: isNumber ? Number(code) : undefined,
    code: isNumber ? undefined : code,
    sqlState: typeof state === 'string' ? state : undefined,
    message: texts.join('\n').slice(0, longestMessage),
    // It quotes its driver, which quotes the server.
    ownWords: false,
    ...timeOf(payload, evidence),
    fatal: false,
    several: false,
    unsendable: false,
  };
}

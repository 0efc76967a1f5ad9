import { isError, propertyOf as read } from './property.ts';

/** An error chain longer than this is somebody's mistake, or hostile. */
const deepestChain = 12;

/** What the rows of the tables are held against. */
export interface ErrorFacts {
  readonly errno: number | undefined;
  readonly code: string | undefined;
  readonly sqlState: string | undefined;
  readonly message: string;
  readonly connecting: boolean;
  readonly fatal: boolean;
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

/** What one link of the chain says of itself. */
export function factsOf(link: unknown, notAcquired: boolean): ErrorFacts {
  if (isPayload(link)) return factsOfPayload(link, notAcquired);
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
    connecting: notAcquired || read(link, 'syscall') === 'connect',
    fatal: read(link, 'fatal') === true,
  };
}

function messageOf(link: unknown): string {
  const message = read(link, 'message');
  if (typeof message !== 'string') return '';
  // In front of what happened, Prisma quotes the source code of the call, which may say anything.
  const isPrismas = typeof read(link, 'clientVersion') === 'string';
  return (isPrismas ? message.slice(message.lastIndexOf('\n') + 1) : message).slice(0, 1_000);
}

/** What a driver adapter tells Prisma about an error of its driver: the `cause` of a DriverAdapterError, which is no error itself. */
function isPayload(link: unknown): boolean {
  return !isError(link) && kindOf(link) !== undefined;
}

/** The same in the words of Prisma's driver adapters, which name the kind of a failure where the driver has a number. */
export function factsOfKind(link: unknown, notAcquired: boolean): ErrorFacts {
  const facts = factsOf(link, notAcquired);
  return isPayload(link) ? { ...facts, errno: undefined, code: kindOf(link) } : facts;
}

function kindOf(link: unknown): string | undefined {
  const kind = read(link, 'kind');
  return typeof kind === 'string' ? kind : undefined;
}

function factsOfPayload(payload: unknown, connecting: boolean): ErrorFacts {
  const originalCode = read(payload, 'originalCode');
  const state = read(payload, 'state');
  const code = typeof originalCode === 'string' ? originalCode : undefined;
  const isNumber = code !== undefined && /^[1-9]\d*$/.test(code);
  const texts = [read(payload, 'originalMessage'), read(payload, 'cause')].filter((text) => typeof text === 'string');
  return {
    errno: isNumber ? Number(code) : undefined,
    code: isNumber ? undefined : code,
    sqlState: typeof state === 'string' ? state : undefined,
    message: texts.join('\n').slice(0, 1_000),
    connecting,
    fatal: false,
  };
}

import { causesOf } from './error-facts.ts';
import { isError, propertyOf } from './property.ts';

/**
 * Takes the SQL and its parameters out of what loggers print of an error that becomes the `cause` of one of ours. They print every `cause`
 * with its message, its stack and its enumerable properties, whatever the error around it says.
 *
 * The error stays the same object, with the same properties for those who ask for them by name. Messages of Drizzle and of MariaDB's driver,
 * which quote the statement, are cut short.
 */
export function hideStatements(thrown: unknown): void {
  for (const link of causesOf(thrown)) {
    hideIn(link);
    const errors = propertyOf(link, 'errors');
    if (Array.isArray(errors)) for (const error of errors) for (const inner of causesOf(error)) hideIn(inner);
  }
}

/** What drivers and ORMs call a statement and what was filled into it. */
const names = ['sql', 'query', 'params', 'parameters', 'values'] as const;

function hideIn(link: unknown): void {
  if (!isError(link)) return;
  try {
    shorten(link);
    for (const name of names) {
      const property = Object.getOwnPropertyDescriptor(link, name);
      if (property?.enumerable === true) Reflect.defineProperty(link, name, { ...property, enumerable: false });
    }
  } catch {
    // An error that cannot be looked at: it must not take the place of ours.
  }
}

/** An own message that quotes the statement goes on without it, in the stack as well. */
function shorten(error: Error): void {
  const { message, stack } = error;
  const short = withoutStatement(error, message);
  if (short === message) return;
  Reflect.defineProperty(error, 'message', { value: short, writable: true, configurable: true });
  if (typeof stack !== 'string') return;
  const at = stack.indexOf(message);
  const shortStack = at < 0 ? short : stack.slice(0, at) + short + stack.slice(at + message.length);
  Reflect.defineProperty(error, 'stack', { value: shortStack, writable: true, configurable: true });
}

function withoutStatement(error: Error, message: string): string {
  // Drizzle: "Failed query: <SQL>\nparams: <values>".
  if (typeof propertyOf(error, 'query') === 'string' && message.startsWith('Failed query: ')) {
    return 'Failed query (see `query` and `params`)';
  }
  // MariaDB Connector/Node.js: "<what the server says>\nsql: <SQL> - parameters:<values>".
  const at = typeof propertyOf(error, 'sql') === 'string' ? message.indexOf('\nsql: ') : -1;
  return at < 0 ? message : message.slice(0, at);
}

import { isGoneAwayError } from '../../src/index.ts';

/** What mysql2 says of a connection that is gone, and has no code for. */
const knownMessages: readonly string[] = ["Can't add new command when connection is in closed state"];

/**
 * An error in a few words: what we make of it where it is ours, else the code of the innermost cause that has one. Never its message, which
 * may have anything in it: the server's has the row that is there already, Drizzle's the statement with its parameters.
 */
export function describeError(error: unknown): string {
  if (isGoneAwayError(error)) {
    const { kind, outcome, code, errno } = error.failure;
    return [error.name, kind, outcome, code ?? errno ?? ''].join(' ').trim();
  }
  let found = '';
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('code' in link) found = String(link.code);
    else if (link.cause === undefined && found === '') found = nameOf(link);
  }
  return found;
}

function nameOf({ name, message }: Error): string {
  return knownMessages.find((known) => message.includes(known)) ?? name;
}

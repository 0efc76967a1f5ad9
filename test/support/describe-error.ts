import { isGoneAwayError } from '../../src/index.ts';

/** An error in a few words: what we make of it where it is ours, else the code of the innermost cause that has one. */
export function describeError(error: unknown): string {
  if (isGoneAwayError(error)) {
    const { kind, outcome, code, errno } = error.failure;
    return [error.name, kind, outcome, code ?? errno ?? ''].join(' ').trim();
  }
  let found = '';
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('code' in link) found = String(link.code);
    else if (link.cause === undefined && found === '') found = link.message.slice(0, 80);
  }
  return found;
}

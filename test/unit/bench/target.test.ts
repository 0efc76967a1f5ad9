import { describe, expect, it } from 'vitest';
import { expectOwnDatabase } from '../../../bench/target.ts';

describe('the database of a bench', () => {
  const server = (controllable: boolean, database: string) => ({
    controllable,
    connectionOptions: () => ({ database }),
  });

  it.each([
    ['of a server of its own', server(true, 'app')],
    ["of its own on somebody's server", server(false, 'gone_away_test_0123456789ab')],
  ])('may be one %s', (_, given) => {
    expect(() => expectOwnDatabase(given)).not.toThrow();
  });

  it("is not somebody's", () => {
    expect(() => expectOwnDatabase(server(false, 'shop'))).toThrow('it needs one of its own');
  });
});

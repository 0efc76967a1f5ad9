import { describe, expect, it } from 'vitest';
import { errorRows } from '../../../../src/codes/error-rows.ts';
import { prismaRows } from '../../../../src/codes/prisma-rows.ts';
import { attachEvidence, classify, type Evidence } from '../../../../src/internal.ts';

/** What rows look for, as drivers, poolers and servers word it. */
const texts = [
  "Can't add new command when connection is in closed state",
  'Pool is closed.',
  'Queue limit reached.',
  'No connections available.',
  'packets out of order',
  'read ECONNRESET',
  'Client network socket disconnected before secure TLS connection was established',
  'access denied',
  '"user" connection config property must be a string',
  "Encoding not recognized: 'hp8' (searched as: 'hp8')",
  'active=0 idle=0',
  'WSREP has not yet prepared node for application use',
  'WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction',
  'no healthy tablet available',
  'TiKV server is busy',
  'Got error 149 during COMMIT',
  "User 'app' has exceeded the 'max_user_connections' resource (current value: 2)",
  'The MySQL server is running with the --read-only option so it cannot execute this statement',
  'Transaction API error: Unable to start a transaction in the given time.',
];

const written: Evidence = { progress: 'written', rollsBack: false, atomic: true, commits: false, abandoned: false };

const duplicate = (value: string) => `Duplicate entry '${value}' for key 'notes.note'`;
/** As mysql2 makes it of the server's packet. */
const sent = (errno: number, message: string) =>
  Object.assign(new Error(message), { errno, code: 'ER_X', sqlState: '23000', sqlMessage: message, sql: 'INSERT' });

/** Each form in which a server's error reaches a caller. */
const forms: readonly (readonly [string, (errno: number, message: string, value: string) => Error])[] = [
  ['mysql2', sent],
  [
    'the driver of MariaDB',
    (errno, message, value) => {
      const text = `(conn:5, no: ${errno}, SQLState: 23000) ${message}\nsql: INSERT INTO notes VALUES (?) - parameters:['${value}']`;
      return Object.assign(sent(errno, message), { message: text });
    },
  ],
  [
    'Drizzle',
    (errno, message, value) =>
      Object.assign(new Error(`Failed query: INSERT INTO notes VALUES (?)\nparams: ${value}`), {
        query: 'INSERT INTO notes VALUES (?)',
        params: [value],
        cause: sent(errno, message),
      }),
  ],
  ['an error of your code around it', (errno, message, value) => new Error(value, { cause: sent(errno, message) })],
  [
    'Prisma, by a driver adapter',
    (errno, message) => {
      const cause = { kind: 'mysql', originalCode: String(errno), originalMessage: message, cause: message };
      const driverAdapterError = Object.assign(new Error(message), { name: 'DriverAdapterError', cause });
      return Object.assign(new Error(message), { code: 'P2010', clientVersion: '7.0.0', meta: { driverAdapterError } });
    },
  ],
  [
    'Prisma, by its former engine',
    (errno, message) =>
      Object.assign(new Error(`Raw query failed. Code: \`${errno}\`. Message: \`${message}\``), {
        code: 'P2010',
        clientVersion: '6.0.0',
        meta: { code: String(errno), message },
      }),
  ],
];

describe("a server's words may be somebody's data", () => {
  it('and every text that a row looks for is tried here', () => {
    const rows = [...errorRows, ...prismaRows].filter(({ text }) => text !== undefined);
    expect(rows.length).toBeGreaterThan(10);
    for (const { text } of rows) expect(texts.filter((value) => text?.test(value))).not.toEqual([]);
  });

  describe.each(forms)('%s', (_form, make) => {
    it.each(texts)('a duplicate key with the value %s is an ordinary error', (value) => {
      for (const word of [value, `${value}' for key 'x`]) {
        for (const watched of [false, true]) {
          const error = make(1062, duplicate(word), word);
          if (watched) attachEvidence(error.cause ?? error, written);
          expect(classify(error)).toMatchObject({ outcome: 'failed', transient: false, invalidates: 'nothing' });
        }
      }
    });

    it('nor is one that is nothing but these words', () => {
      for (const value of texts) {
        expect(classify(make(1644, value, value))).toMatchObject({ outcome: 'failed', transient: false });
        expect(classify(make(1062, value, value))).toMatchObject({ outcome: 'failed', transient: false });
      }
    });
  });

  it.each(['no healthy tablet', 'primary is not serving', 'no healthy endpoints'])(
    'data in the message of a number that many errors share: %s',
    (value) => {
      // MySQL gives this number to a wrong XPath expression, and quotes it.
      expect(classify(sent(1105, `XPATH syntax error: '${value}'`))).toMatchObject({ outcome: 'unknown' });
      expect(classify(sent(1105, `target: app.0.primary: ${value}`))).toMatchObject({ outcome: 'not-executed' });
    },
  );

  it('SIGNAL with the SQLSTATE of a lost connection is a procedure that speaks, on a connection that lives', () => {
    const error = Object.assign(sent(1644, 'read ECONNRESET'), { sqlState: '08S01' });
    expect(classify(error)).toMatchObject({ outcome: 'failed', transient: false, invalidates: 'nothing' });
  });
});

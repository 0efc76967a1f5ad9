import type { ErrorRow } from './error-row.ts';

const reference = 'Prisma: error message reference';
const interactive =
  "Prisma: client-engine-runtime, transaction-manager-error.ts; a transaction's own timeout undoes it";

/**
 * What Prisma's own codes prove, and the kinds by which its driver adapters name the same where Prisma passes their errors on as they are
 * (COMMIT, a batch). Asked only where nothing more exact is behind them: no error of a driver. Nothing of Prisma is imported for them.
 */
export const prismaRows: readonly ErrorRow[] = [
  {
    code: ['P1001', 'DatabaseNotReachable'],
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'server',
    source: `${reference}: cannot reach the database server`,
  },
  {
    code: ['P1000', 'P1003', 'P1010', 'P1011'],
    proof: 'permanent',
    kind: 'authentication',
    invalidates: 'nothing',
    source: reference,
  },
  {
    code: ['P1017', 'ConnectionClosed'],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: `${reference}: the server has closed the connection`,
  },
  {
    // P1002 is said of connecting, but nothing keeps an adapter from saying it later.
    code: ['P1002', 'P1008', 'SocketTimeout'],
    proof: 'unknown',
    kind: 'attempt-timeout',
    invalidates: 'connection',
    source: `${reference}: timed out, so the server may still be working on it`,
  },
  {
    code: ['P2024'],
    proof: 'not-executed',
    kind: 'acquire-timeout',
    invalidates: 'nothing',
    source: `${reference}: no connection from the pool in time`,
  },
  {
    code: ['P2037', 'TooManyConnections'],
    proof: 'not-executed',
    kind: 'overloaded',
    invalidates: 'nothing',
    source: `${reference}: too many connections`,
  },
  {
    code: ['P2034', 'TransactionWriteConflict'],
    proof: 'transaction-rolled-back',
    kind: 'deadlock',
    invalidates: 'nothing',
    source: `${reference}: write conflict or deadlock`,
  },
  {
    code: ['P2028'],
    text: /^Transaction API error: Unable to start a transaction in the given time\.?$/,
    proof: 'not-executed',
    kind: 'overloaded',
    invalidates: 'nothing',
    source: 'Prisma: client-engine-runtime, transaction-manager.ts; a transaction that begins too late is rolled back',
  },
  { code: ['P2028'], proof: 'permanent', kind: 'limit', invalidates: 'nothing', source: interactive },
  {
    code: ['P1018', 'TransactionAlreadyClosed'],
    proof: 'permanent',
    kind: 'closed',
    invalidates: 'nothing',
    source: `${reference}: the transaction was closed already`,
  },
];

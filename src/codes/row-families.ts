import type { ErrorFacts } from '../error-facts.ts';
import type { ErrorRow } from './error-row.ts';

/** What stands for errors that no list can enumerate. */
export type FamilyRow = Pick<ErrorRow, 'proof' | 'kind' | 'invalidates' | 'source'>;

const lost = { proof: 'unknown', kind: 'connection-lost', invalidates: 'connection' } as const;

const tlsRefused: FamilyRow = {
  proof: 'permanent',
  kind: 'authentication',
  invalidates: 'connection',
  source: 'Node.js: TLS errors',
};
const tlsLost: FamilyRow = { ...lost, source: 'Node.js: TLS errors' };
const connectionException: FamilyRow = { ...lost, source: 'SQLSTATE class 08' };
const fatal: FamilyRow = { ...lost, source: 'mysql2 says that it is fatal' };

const unsendable: FamilyRow = {
  proof: 'permanent',
  kind: 'statement',
  // mysql2 gives up a connection on which it could not begin a command.
  invalidates: 'connection',
  source: 'mysql2 could make no packet of it',
};

const unusable: FamilyRow = {
  proof: 'permanent',
  kind: 'authentication',
  invalidates: 'nothing',
  source:
    'mysql2 could make no connection of the options, or of what the server has said; the network was not to blame',
};

const signal: FamilyRow = {
  proof: 'permanent',
  kind: 'statement',
  invalidates: 'nothing',
  source: 'SQLSTATE 45000: SIGNAL in a procedure or a trigger, whose number and words are its own',
};

/** What a procedure or a trigger says with SIGNAL is its own, and proves nothing, whatever number it has chosen (`SET MYSQL_ERRNO`). */
export function findSignal({ sqlState }: ErrorFacts): FamilyRow | undefined {
  return sqlState === '45000' ? signal : undefined;
}

/** For errors that no row names: whole classes of codes, and the mark that mysql2 gives to what ends a connection. */
export function findFamily(facts: ErrorFacts): FamilyRow | undefined {
  const { code, sqlState, errno, connecting, fatal: isFatal } = facts;
  if (facts.unsendable) return connecting ? unusable : unsendable;
  if (code !== undefined && /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_)/.test(code)) return connecting ? tlsRefused : tlsLost;
  // Class 08 is "connection exception" (ISO/IEC 9075-2); 08007 is its "transaction resolution unknown".
  if (sqlState?.startsWith('08') === true) return connectionException;
  return isFatal && errno === undefined ? fatal : undefined;
}

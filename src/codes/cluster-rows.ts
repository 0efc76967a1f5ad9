import type { RowsByGroup } from './error-row.ts';

const serverReference = 'MySQL and MariaDB: server error reference';

/**
 * What stands in place of a single server, or in front of it: Galera and group replication, Vitess, TiDB.
 * Where they share a number with MySQL, their text tells.
 */
export const clusterRows: RowsByGroup = {
  refused: [
    {
      errno: [1047],
      text: /^WSREP\b/,
      proof: 'not-executed',
      kind: 'not-ready',
      invalidates: 'server',
      source: 'Galera: a node outside the primary component answers 1047, and a ping still succeeds on it',
    },
    {
      // Vitess answers 1105 for everything; only its text tells. Not what stands in quotes, which may be somebody's data.
      errno: [1105],
      text: /^[^'"`]*(no healthy tablet|primary is not serving|keyspace is being resharded|no healthy endpoints)/i,
      proof: 'not-executed',
      kind: 'not-ready',
      invalidates: 'nothing',
      source: 'Vitess: vtgate buffering and tablet gateway errors',
    },
    {
      errno: [8252, 9003],
      text: /^[^'"`]*(tikv|tidb|resource group|server is busy)/i,
      proof: 'not-executed',
      kind: 'overloaded',
      invalidates: 'nothing',
      source: 'TiDB: error codes and troubleshooting',
    },
  ],
  conflict: [
    {
      // Of an abort in a transaction the number is 1213, as of any deadlock.
      errno: [1105, 1180],
      text: /^WSREP detected deadlock\/conflict/i,
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: 'Galera: certification failure',
    },
    {
      errno: [1180],
      text: /^Got error:? 149\b/i,
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: 'Galera and group replication: ER_ERROR_DURING_COMMIT with HA_ERR_LOCK_DEADLOCK (149)',
    },
    {
      errno: [3101],
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: serverReference,
    },
    {
      errno: [8002, 8005, 8022, 8028, 8229, 9007],
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: 'TiDB: error codes documented as "retry the transaction"',
    },
  ],
};

import type { RowsByGroup } from './error-row.ts';

const serverReference = 'MySQL and MariaDB: server error reference';

/** What MySQL and MariaDB answer, by the numbers of the server. */
export const mysqlRows: RowsByGroup = {
  connecting: [
    {
      errno: [1045, 1044, 1049, 1698, 1251, 1524, 1820, 1862, 3118, 3159, 3955, 4151],
      proof: 'permanent',
      kind: 'authentication',
      invalidates: 'nothing',
      source: serverReference,
    },
    {
      errno: [1129, 1130],
      proof: 'permanent',
      kind: 'authentication',
      invalidates: 'nothing',
      source: `${serverReference}: a blocked or forbidden host stays so until an operator acts`,
    },
    {
      errno: [1040, 1041, 1042, 1043, 1135, 1203],
      when: 'connecting',
      proof: 'not-executed',
      kind: 'overloaded',
      invalidates: 'nothing',
      source: serverReference,
    },
    { errno: [1040, 1203], proof: 'not-executed', kind: 'overloaded', invalidates: 'nothing', source: serverReference },
    {
      errno: [1226],
      proof: 'permanent',
      kind: 'limit',
      invalidates: 'nothing',
      source: `${serverReference}: it may be an hourly quota, which no retry outlives`,
    },
  ],
  refused: [
    {
      errno: [4031],
      code: ['4031'],
      proof: 'not-executed',
      kind: 'connection-lost',
      invalidates: 'connection',
      source: 'MySQL: ER_CLIENT_INTERACTION_TIMEOUT is sent only while the server waits for a command',
    },
    {
      errno: [1290],
      text: /read[-_ ]only/i,
      proof: 'not-executed',
      kind: 'read-only',
      invalidates: 'server',
      source: 'MySQL: ER_OPTION_PREVENTS_STATEMENT under --read-only or --super-read-only, as a failover shows itself',
    },
    { errno: [1290], proof: 'permanent', kind: 'statement', invalidates: 'nothing', source: serverReference },
    {
      errno: [1836, 1874, 3989],
      proof: 'not-executed',
      kind: 'read-only',
      invalidates: 'server',
      source: serverReference,
    },
    {
      errno: [1792],
      proof: 'permanent',
      kind: 'read-only',
      invalidates: 'nothing',
      source: `${serverReference}: the transaction itself asked for READ ONLY; nothing here can tell that from a failover`,
    },
    {
      errno: [3032, 3168, 3796, 3797, 3798],
      proof: 'not-executed',
      kind: 'not-ready',
      invalidates: 'server',
      source: serverReference,
    },
    {
      errno: [3572],
      proof: 'not-executed',
      kind: 'lock-wait',
      invalidates: 'nothing',
      source: `${serverReference}: NOWAIT`,
    },
    {
      errno: [1615, 1243],
      proof: 'not-executed',
      kind: 'stale-statement',
      invalidates: 'connection',
      source: serverReference,
    },
  ],
  lock: [
    {
      errno: [1205],
      proof: 'statement-rolled-back',
      kind: 'lock-wait',
      invalidates: 'nothing',
      source:
        'InnoDB error handling: a lock wait timeout rolls back the statement, or the transaction if so configured',
    },
    {
      errno: [1213],
      proof: 'transaction-rolled-back',
      kind: 'deadlock',
      invalidates: 'nothing',
      source: 'InnoDB error handling: a deadlock rolls back the whole transaction; a Galera abort uses the same number',
    },
  ],
  conflict: [
    {
      errno: [1020],
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: 'MariaDB: ER_CHECKREAD under innodb_snapshot_isolation',
    },
    {
      errno: [1613, 1614],
      proof: 'transaction-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: serverReference,
    },
    {
      errno: [1412],
      proof: 'statement-rolled-back',
      kind: 'conflict',
      invalidates: 'nothing',
      source: `${serverReference}: the table definition changed`,
    },
    {
      errno: [1637],
      proof: 'transaction-rolled-back',
      kind: 'overloaded',
      invalidates: 'nothing',
      source: serverReference,
    },
  ],
  stopped: [
    {
      errno: [1317],
      proof: 'permanent',
      kind: 'killed',
      invalidates: 'nothing',
      source: `${serverReference}: KILL QUERY`,
    },
    {
      errno: [3024, 1969, 1028],
      proof: 'permanent',
      kind: 'limit',
      invalidates: 'nothing',
      source: `${serverReference}: a time limit that somebody set`,
    },
    {
      errno: [1021, 1037, 1038, 1046, 1078],
      proof: 'permanent',
      kind: 'statement',
      invalidates: 'nothing',
      source: serverReference,
    },
  ],
  unanswered: [
    {
      errno: [1053, 1077, 1079],
      proof: 'unknown',
      kind: 'shutdown',
      invalidates: 'server',
      source: serverReference,
    },
    {
      errno: [1927, 1928, 3169],
      proof: 'unknown',
      kind: 'killed',
      invalidates: 'connection',
      source: `${serverReference}: the session was killed in flight`,
    },
    {
      errno: [1180, 1181, 1815],
      proof: 'unknown',
      kind: 'conflict',
      invalidates: 'connection',
      source: serverReference,
    },
    { errno: [1105], proof: 'unknown', kind: 'statement', invalidates: 'nothing', source: serverReference },
    {
      errno: [1080, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1189, 1190],
      proof: 'unknown',
      kind: 'connection-lost',
      invalidates: 'connection',
      source: serverReference,
    },
  ],
};

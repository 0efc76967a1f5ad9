import type { FailureKind, Invalidates } from '../failure.ts';

/**
 * What an error proves when nothing better is known.
 *
 * - `not-executed`: the server refused before it executed anything.
 * - `statement-rolled-back`: this statement was undone; an enclosing transaction is still open.
 * - `transaction-rolled-back`: the whole transaction was undone.
 * - `unknown`: the statement may have been executed.
 * - `permanent`: somebody's decision or somebody's mistake; trying again is not ours to do.
 */
export type Proof = 'not-executed' | 'statement-rolled-back' | 'transaction-rolled-back' | 'unknown' | 'permanent';

export interface ErrorRow {
  /** Server or client error numbers. */
  readonly errno?: readonly number[];
  /** Driver or system codes. */
  readonly code?: readonly string[];
  /** Where neither tells it apart: the message must match as well (or alone, when there is no number and no code). */
  readonly text?: RegExp;
  /** The row holds only while connecting, or only once connected. */
  readonly when?: 'connecting' | 'connected';
  readonly proof: Proof;
  readonly kind: FailureKind;
  readonly invalidates: Invalidates;
  /** Where the claim comes from. */
  readonly source: string;
}

const system = 'Node.js: common system errors';
const serverReference = 'MySQL and MariaDB: server error reference';
const clientReference = 'MySQL: client error reference';

/** The first row that matches wins, so the particular stands before the general. */
export const errorRows: readonly ErrorRow[] = [
  // --- no session was established -------------------------------------------------------------------------------
  {
    code: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL'],
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'server',
    source: system,
  },
  {
    code: ['ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'ECONNABORTED', 'PROTOCOL_CONNECTION_LOST'],
    when: 'connecting',
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'nothing',
    source: 'a connection that was lost before its handshake was done never carried a statement',
  },
  {
    errno: [2002, 2003, 2005, 2012],
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'server',
    source: `${clientReference}; MySQL Router answers 2003 when no backend is up`,
  },
  {
    // A socket file that is not there is a server that is not up, but only while connecting: elsewhere ENOENT is about files.
    code: ['ENOENT'],
    when: 'connecting',
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'server',
    source: system,
  },
  {
    errno: [1045, 1044, 1049, 1698, 1251, 1524, 1820, 1862, 3118, 3159, 3955, 4151],
    proof: 'permanent',
    kind: 'authentication',
    invalidates: 'nothing',
    source: serverReference,
  },
  {
    // The code hides what Node.js had said; a certificate does not heal, a cut connection does.
    code: ['HANDSHAKE_SSL_ERROR'],
    text: /disconnected|ECONNRESET|EPIPE|ETIMEDOUT/i,
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'nothing',
    source: 'mysql2: lib/commands/client_handshake.js; Node.js: tls',
  },
  {
    code: ['HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR', 'HANDSHAKE_UNKNOWN_ERROR', 'AUTH_SWITCH_PLUGIN_ERROR'],
    proof: 'permanent',
    kind: 'authentication',
    invalidates: 'nothing',
    source: 'mysql2: errors of its handshake',
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

  // --- this side knows that it sent nothing -----------------------------------------------------------------------
  {
    text: /add new command when connection is in closed state/,
    proof: 'not-executed',
    kind: 'closed',
    invalidates: 'connection',
    source: 'mysql2: lib/base/connection.js; true of that command only, it says nothing of an earlier COMMIT',
  },
  {
    text: /^Pool is closed\.?$/,
    proof: 'permanent',
    kind: 'closed',
    invalidates: 'nothing',
    source: 'mysql2: lib/base/pool.js; somebody ended the pool on purpose',
  },
  {
    text: /^(Queue limit reached|No connections available)\.?$/,
    proof: 'permanent',
    kind: 'limit',
    invalidates: 'nothing',
    source: "mysql2: lib/base/pool.js; the user's own limit",
  },
  {
    // The reason for which it makes no connection is a text behind this one.
    errno: [45028],
    text: /access denied|unknown database|is not allowed to connect|is blocked because|RSA public key is not available/i,
    proof: 'permanent',
    kind: 'authentication',
    invalidates: 'nothing',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js; no connection for a reason that an operator has to remove',
  },
  {
    errno: [45028],
    text: /active=0 idle=0|connect |socket|too many connections|shutdown/i,
    proof: 'not-executed',
    kind: 'connect',
    invalidates: 'nothing',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js; no connection, because connecting fails',
  },
  {
    errno: [45028],
    proof: 'not-executed',
    kind: 'acquire-timeout',
    invalidates: 'nothing',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js; all connections of its pool are in use',
  },
  {
    errno: [45027, 45035, 45037],
    proof: 'permanent',
    kind: 'closed',
    invalidates: 'nothing',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js; somebody ended the pool on purpose',
  },
  {
    errno: [45012, 45013, 45042],
    proof: 'not-executed',
    kind: 'closed',
    invalidates: 'connection',
    source:
      'MariaDB Connector/Node.js: lib/misc/errors.js; true of that command only, it says nothing of an earlier COMMIT',
  },

  // --- refused by the server before execution -----------------------------------------------------------------------
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
    errno: [1047],
    text: /wsrep/i,
    proof: 'not-executed',
    kind: 'not-ready',
    invalidates: 'server',
    source: 'Galera: a node outside the primary component answers 1047, and a ping still succeeds on it',
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
  {
    // Vitess answers 1105 for everything; only its text tells.
    errno: [1105],
    text: /no healthy tablet|primary is not serving|keyspace is being resharded|no healthy endpoints/i,
    proof: 'not-executed',
    kind: 'not-ready',
    invalidates: 'nothing',
    source: 'Vitess: vtgate buffering and tablet gateway errors',
  },
  {
    errno: [8252, 9003],
    text: /tikv|tidb|resource group|server is busy/i,
    proof: 'not-executed',
    kind: 'overloaded',
    invalidates: 'nothing',
    source: 'TiDB: error codes and troubleshooting',
  },

  // --- rolled back --------------------------------------------------------------------------------------------------
  {
    errno: [1205],
    proof: 'statement-rolled-back',
    kind: 'lock-wait',
    invalidates: 'nothing',
    source: 'InnoDB error handling: a lock wait timeout rolls back the statement, or the transaction if so configured',
  },
  {
    errno: [1213],
    proof: 'transaction-rolled-back',
    kind: 'deadlock',
    invalidates: 'nothing',
    source: 'InnoDB error handling: a deadlock rolls back the whole transaction; a Galera abort uses the same number',
  },
  {
    text: /WSREP detected deadlock\/conflict/i,
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'nothing',
    source: 'Galera: certification failure',
  },
  {
    errno: [1020],
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'nothing',
    source: 'MariaDB: ER_CHECKREAD under innodb_snapshot_isolation',
  },
  {
    errno: [3101],
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'nothing',
    source: serverReference,
  },
  {
    errno: [1180],
    text: /error:? 149\b/i,
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'nothing',
    source: 'Galera and group replication: ER_ERROR_DURING_COMMIT with HA_ERR_LOCK_DEADLOCK (149)',
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
  {
    errno: [8002, 8005, 8022, 8028, 8229, 9007],
    proof: 'transaction-rolled-back',
    kind: 'conflict',
    invalidates: 'nothing',
    source: 'TiDB: error codes documented as "retry the transaction"',
  },

  // --- stopped on purpose, or a limit that somebody set -------------------------------------------------------------
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

  // --- sent, and no full answer --------------------------------------------------------------------------------------
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
  { errno: [1180, 1181, 1815], proof: 'unknown', kind: 'conflict', invalidates: 'connection', source: serverReference },
  { errno: [1105], proof: 'unknown', kind: 'statement', invalidates: 'nothing', source: serverReference },
  {
    errno: [2006, 2013, 2045, 2048, 2055],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: `${clientReference}; in a Node driver these are relayed by a proxy`,
  },
  {
    errno: [1080, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1189, 1190],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: serverReference,
  },
  {
    // 45004 is called "not executed", and is what a command in flight gets when its connection is destroyed.
    errno: [45004, 45009, 45019, 45026],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js, lib/connection.js',
  },
  {
    errno: [45011, 45020],
    proof: 'unknown',
    kind: 'protocol',
    invalidates: 'connection',
    source: 'MariaDB Connector/Node.js: lib/misc/errors.js; the conversation is out of step',
  },
  {
    errno: [2014, 2027],
    code: ['PROTOCOL_UNEXPECTED_PACKET', 'PROTOCOL_PACKETS_OUT_OF_ORDER', 'PROTOCOL_ERROR'],
    proof: 'unknown',
    kind: 'protocol',
    invalidates: 'connection',
    source: `${clientReference}; mysql2: the conversation is out of step`,
  },
  {
    code: ['PROTOCOL_SEQUENCE_TIMEOUT'],
    proof: 'unknown',
    kind: 'attempt-timeout',
    invalidates: 'connection',
    source: "mysql2: a query's own timeout frees nothing; the server goes on, and so must the connection not",
  },
  {
    code: ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ECONNABORTED', 'ENOTCONN', 'ENETRESET'],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: system,
  },
  {
    code: ['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CLOSED'],
    proof: 'unknown',
    kind: 'connection-lost',
    invalidates: 'connection',
    source: 'Node.js: errors of a stream that ended',
  },
  {
    code: ['ABORT_ERR'],
    proof: 'unknown',
    kind: 'aborted',
    invalidates: 'connection',
    source: "the caller's signal ended the wait",
  },
  {
    text: /packets out of order/i,
    proof: 'unknown',
    kind: 'protocol',
    invalidates: 'connection',
    source: 'mysql2: lib/base/connection.js',
  },
];

/** Families of codes that no list can enumerate. */
export const tlsFailureCode: RegExp = /^(ERR_SSL_|ERR_TLS_)/;

/** SQLSTATE class 08 is "connection exception" (ISO/IEC 9075-2); 08007 is its "transaction resolution unknown". */
export const connectionExceptionState: RegExp = /^08/;

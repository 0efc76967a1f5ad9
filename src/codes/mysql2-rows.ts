import type { RowsByGroup } from './error-row.ts';

const clientReference = 'MySQL: client error reference';

/** What mysql2 says of itself: its handshake, its pool, and answers that it cannot make sense of. */
export const mysql2Rows: RowsByGroup = {
  connecting: [
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
      text: /^("\w+" connection config property must be|Encoding not recognized: )/,
      when: 'connecting',
      proof: 'permanent',
      kind: 'authentication',
      invalidates: 'nothing',
      source: 'mysql2: lib/packets, iconv-lite; what it is to connect with is not of the kind that it takes',
    },
  ],
  unsent: [
    {
      text: /^Can't add new command when connection is in closed state$/,
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
  ],
  unanswered: [
    {
      code: ['PROTOCOL_SEQUENCE_TIMEOUT'],
      proof: 'unknown',
      kind: 'limit',
      invalidates: 'connection',
      source: "mysql2: a query's own timeout frees nothing; the server goes on, and so must the connection not",
    },
  ],
  outOfStep: [
    {
      errno: [2014, 2027],
      code: ['PROTOCOL_UNEXPECTED_PACKET', 'PROTOCOL_PACKETS_OUT_OF_ORDER', 'PROTOCOL_ERROR'],
      proof: 'unknown',
      kind: 'protocol',
      invalidates: 'connection',
      source: `${clientReference}; mysql2: the conversation is out of step`,
    },
    {
      text: /^(Warning: )?(got )?packets out of order\b/i,
      proof: 'unknown',
      kind: 'protocol',
      invalidates: 'connection',
      source: 'mysql2: lib/base/connection.js',
    },
  ],
};

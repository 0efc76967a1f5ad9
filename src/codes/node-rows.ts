import type { RowsByGroup } from './error-row.ts';

const system = 'Node.js: common system errors';

/** While connecting, there was nobody to send anything to. The kernel reports them on established connections as well. */
const unreachable = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
];

/** What Node.js says of sockets, streams and signals. `PROTOCOL_CONNECTION_LOST` is mysql2's own code for a stream that ended, and means the same. */
export const nodeRows: RowsByGroup = {
  connecting: [
    {
      code: unreachable,
      when: 'connecting',
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
      // A socket file that is not there is a server that is not up, but only while connecting: elsewhere ENOENT is about files.
      code: ['ENOENT'],
      when: 'connecting',
      proof: 'not-executed',
      kind: 'connect',
      invalidates: 'server',
      source: system,
    },
  ],
  unanswered: [
    {
      code: unreachable,
      proof: 'unknown',
      kind: 'connection-lost',
      invalidates: 'connection',
      source: `${system}; Linux: ICMP errors and timers end an established connection with the same codes as a new one`,
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
  ],
};

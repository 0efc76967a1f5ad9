import type { RowsByGroup } from './error-row.ts';

/** The numbers of MariaDB's own driver, under `@prisma/adapter-mariadb`. */
export const mariadbConnectorRows: RowsByGroup = {
  unsent: [
    {
      // The reason for which it makes no connection is a text behind this one.
      errno: [45028],
      text: /access denied|unknown database|is not allowed to connect|is blocked because|RSA public key is not available/i,
      proof: 'permanent',
      kind: 'authentication',
      invalidates: 'nothing',
      source:
        'MariaDB Connector/Node.js: lib/misc/errors.js; no connection for a reason that an operator has to remove',
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
  ],
  unanswered: [
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
  ],
};

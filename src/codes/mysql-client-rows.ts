import type { RowsByGroup } from './error-row.ts';

const clientReference = 'MySQL: client error reference';

/** The numbers of MySQL's C client library. A Node driver gets them only from a proxy or a router. */
export const mysqlClientRows: RowsByGroup = {
  connecting: [
    {
      errno: [2002, 2003, 2005, 2012],
      proof: 'not-executed',
      kind: 'connect',
      invalidates: 'server',
      source: `${clientReference}; MySQL Router answers 2003 when no backend is up`,
    },
  ],
  unanswered: [
    {
      errno: [2006, 2013, 2045, 2048, 2055],
      proof: 'unknown',
      kind: 'connection-lost',
      invalidates: 'connection',
      source: `${clientReference}; in a Node driver these are relayed by a proxy`,
    },
  ],
};

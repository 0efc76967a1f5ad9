import type { RowsByGroup } from './error-row.ts';

/** The code of an error that gone-away itself makes where a pool asks for its credentials, and gets none. */
export const noCredentialsCode = 'ERR_GONE_AWAY_CREDENTIALS';

/** The code of an error that gone-away itself makes where an attempt to connect had no answer yet. */
export const connectPendingCode = 'ERR_GONE_AWAY_CONNECT_PENDING';

/** The code of an error that gone-away itself makes where a listener of the pool's events has destroyed a new connection. */
export const notPreparedCode = 'ERR_GONE_AWAY_NOT_PREPARED';

/** What gone-away says of itself before there is anything to send on. */
export const ownRows: RowsByGroup = {
  connecting: [
    {
      code: [noCredentialsCode],
      proof: 'not-executed',
      kind: 'connect',
      invalidates: 'nothing',
      source: 'gone-away: whoever says as whom to connect gave no answer, so that no connection was begun',
    },
    {
      code: [connectPendingCode],
      proof: 'not-executed',
      kind: 'connect',
      invalidates: 'nothing',
      source: 'gone-away: an attempt to connect was still pending, so that there was no connection to send anything on',
    },
    {
      code: [notPreparedCode],
      proof: 'not-executed',
      kind: 'connect',
      invalidates: 'nothing',
      source: "gone-away: a listener of the pool's events has destroyed the connection before anything was sent on it",
    },
  ],
};

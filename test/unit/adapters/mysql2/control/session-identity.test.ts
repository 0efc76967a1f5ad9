import { describe, expect, it } from 'vitest';
import {
  type ControlSelf,
  findSession,
  type Session,
  type Sighting,
  type Thread,
} from '../../../../../adapters/mysql2/control/session-identity.ts';

const server = { remoteAddress: '10.0.0.9', remotePort: 3306 };
const session: Session = {
  threadId: 7,
  endpoints: { localAddress: '10.0.0.1', localPort: 50_007, ...server },
  user: 'app',
  knownSince: 60_000,
  seenOn: undefined,
  userChanged: false,
};
const self: ControlSelf = {
  threadId: 9,
  connectionId: 9,
  endpoints: { localAddress: '10.0.0.1', localPort: 50_009, ...server },
  user: 'app',
  server: 'a',
  serverSince: 20_000,
};
const mine: Thread = { id: 9, user: 'app', host: '10.0.0.1:50009', command: 'Query', state: '' };
const lost: Thread = { id: 7, user: 'app', host: '10.0.0.1:50007', command: 'Query', state: '' };

interface Case {
  readonly session?: Partial<Session>;
  readonly self?: Partial<ControlSelf>;
  readonly threads?: readonly Thread[];
  readonly unlisted?: readonly number[];
}

const rows: readonly (readonly [what: string, change: Case, expected: Sighting])[] = [
  ['knows it by id, user, address and port', {}, 'running'],
  ['sees that it sleeps', { threads: [mine, { ...lost, command: 'Sleep' }] }, 'idle'],
  [
    'takes one that is being killed for one that still runs',
    { threads: [mine, { ...lost, command: 'Killed' }] },
    'running',
  ],
  ['sees that MariaDB waits for more', { threads: [mine, { ...lost, state: 'Reading from net' }] }, 'receiving'],
  ['sees that MySQL waits for more', { threads: [mine, { ...lost, state: 'Receiving from client' }] }, 'receiving'],
  ['sees that it works on what it has', { threads: [mine, { ...lost, state: 'Reading file' }] }, 'running'],
  ['misses it', { threads: [mine] }, 'absent'],
  ["takes another client's for another one", { threads: [mine, { ...lost, host: '10.0.0.2:50007' }] }, 'absent'],
  ["takes another port's for another one", { threads: [mine, { ...lost, host: '10.0.0.1:50008' }] }, 'absent'],
  ['does not take a longer port for this one', { threads: [mine, { ...lost, host: '10.0.0.1:150007' }] }, 'absent'],
  [
    "takes another user's for another one",
    { threads: [mine, { ...lost, user: 'root', host: '10.0.0.1:50008' }] },
    'absent',
  ],
  [
    'knows it in the name of a definer, by id and port',
    { threads: [mine, { ...lost, user: 'root', host: 'localhost:50007' }] },
    'hidden',
  ],
  [
    "takes another user's with its port for another one where it sleeps",
    { threads: [mine, { ...lost, user: 'root', host: 'localhost:50007', command: 'Sleep' }] },
    'absent',
  ],
  [
    "takes another user's with its port for another one where the server has started since",
    { self: { serverSince: 61_001 }, threads: [mine, { ...lost, user: 'root', host: 'localhost:50007' }] },
    'absent',
  ],
  ['knows that it is there though the list does not show it', { threads: [mine], unlisted: [7] }, 'hidden'],
  [
    'knows that of a server that has started in the same second',
    { self: { serverSince: 61_000 }, threads: [mine], unlisted: [7] },
    'hidden',
  ],
  [
    'takes its number for that of another one where the server has started since',
    { self: { serverSince: 61_001 }, threads: [mine], unlisted: [7] },
    'absent',
  ],
  [
    'takes its number for that of another one where the server does not say since when it runs',
    { self: { serverSince: undefined }, threads: [mine], unlisted: [7] },
    'absent',
  ],
  ['misses it though others are there', { threads: [mine], unlisted: [8] }, 'absent'],
  ['trusts no list without itself', { threads: [lost] }, 'unprovable'],
  ['sees a proxy that has ids of its own', { self: { threadId: 1 } }, 'unprovable'],
  ['sees a proxy by its address', { threads: [{ ...mine, host: '10.0.0.5:50009' }, lost] }, 'unprovable'],
  ['sees a proxy by its port', { threads: [{ ...mine, host: '10.0.0.1:40000' }, lost] }, 'unprovable'],
  ['knows nothing of one whose user has changed', { session: { userChanged: true }, threads: [mine] }, 'unprovable'],
  [
    'knows nothing of one that has logged in as somebody else',
    { self: { user: 'app2' }, threads: [mine] },
    'unprovable',
  ],
  [
    'knows nothing where nobody can tell as whom',
    { session: { user: undefined }, self: { user: undefined } },
    'unprovable',
  ],
  ['knows nothing over a socket file', { session: { endpoints: undefined } }, 'unprovable'],
  ['knows nothing where its own socket tells nothing', { self: { endpoints: undefined } }, 'unprovable'],
  ['knows nothing without an id', { session: { threadId: undefined } }, 'unprovable'],
  [
    'knows nothing of another address of the server',
    { self: { endpoints: { localAddress: '10.0.0.1', localPort: 50_009, ...server, remoteAddress: '10.0.0.8' } } },
    'unprovable',
  ],
  [
    'compares names where the server resolves them',
    {
      threads: [
        { ...mine, host: 'web.example:50009' },
        { ...lost, host: 'web.example:50007' },
      ],
    },
    'running',
  ],
  [
    "takes another name's for another one",
    {
      threads: [
        { ...mine, host: 'web.example:50009' },
        { ...lost, host: 'job.example:50007' },
      ],
    },
    'absent',
  ],
  [
    'does not compare names of two addresses',
    {
      session: { endpoints: { localAddress: '10.0.0.2', localPort: 50_007, ...server } },
      threads: [
        { ...mine, host: 'web.example:50009' },
        { ...lost, host: 'web.example:50007' },
      ],
    },
    'unprovable',
  ],
  [
    'compares addresses where this machine has several',
    {
      session: { endpoints: { localAddress: '10.0.0.2', localPort: 50_007, ...server } },
      threads: [mine, { ...lost, host: '10.0.0.2:50007' }],
    },
    'running',
  ],
  [
    'knows IPv4 in the clothes of IPv6',
    {
      threads: [
        { ...mine, host: '::ffff:10.0.0.1:50009' },
        { ...lost, host: '::ffff:10.0.0.1:50007' },
      ],
    },
    'running',
  ],
];

describe('a lost session in a list of threads', () => {
  it.each(rows)('%s', (_title, change, expected) => {
    const threads = change.threads ?? [mine, lost];
    const { unlisted = [] } = change;
    expect(findSession({ ...session, ...change.session }, { ...self, ...change.self }, threads, unlisted)).toBe(
      expected,
    );
  });
});

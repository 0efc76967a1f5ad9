import { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import type { ConnectionInternals, PoolInternals } from './internals.ts';
import { marksItsEnd, type SampleCommands, sampleText } from './sample-commands.ts';

/** What rests on internals of mysql2, and what gone-away does where one of them is missing: it never takes for proven what it cannot see. */
export const parts = {
  writes:
    'what was written of a statement; so each that got no answer counts as sent, its outcome as unknown, and its silence is not watched',
  answers:
    'what the server says of its sessions, and whether its packets come in order; so each connection is closed after one use, and what a lost connection has undone counts as unknown',
  commands: 'what is sent on a connection that your code holds; so its failures are judged by their codes alone',
  version:
    'what the server is; so a read is not sent again that calls a function which only some servers have built in',
  texts:
    'the text that went over the wire; so it may have been several statements, and one that is not plain ASCII is not sent again',
  greeting:
    'how a session began, or how long it has been idle; so locking reads are not sent again, and a connection may be used that has been idle for long',
  end: 'when a connection has ended, or has nothing more to answer; so its end is noticed late, and what is under way on one that your code destroys may fail though the server has done it',
  watch:
    'which session of the server a connection has, or whether it was sent all of a statement; so no statement is stopped there that nobody waits for, and the silence of some is not watched',
  pool: 'the size of the pool, what is idle in it, and its end; so calls wait as long as mysql2 lets them, and an end may wait for a connection that is lost',
} as const;

export type Part = keyof typeof parts;

/** One thing that mysql2 does not document. */
export interface Internal {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly isFound: (found: Found) => boolean;
}

export interface Found {
  readonly connection: Connection & ConnectionInternals;
  readonly pool: PoolInternals;
  readonly commands: SampleCommands;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isNumber = (value: unknown): boolean => typeof value === 'number';
/** A place for an object, which may be empty. */
const holdsObject = (owner: object, name: string): boolean =>
  name in owner && (Reflect.get(owner, name) == null || typeof Reflect.get(owner, name) === 'object');

const steps = (name: keyof SampleCommands, ...methods: readonly string[]): readonly Internal[] =>
  methods.map((method) => ({
    name: `${name}.${method}`,
    parts: ['answers'],
    isFound: ({ commands }) => isFunction(commands[name][method]),
  }));

/** All of them; each connection is looked at when it was made. */
export const knownInternals: readonly Internal[] = [
  {
    name: 'connection.stream',
    parts: ['writes', 'answers', 'end'],
    isFound: ({ connection: { stream } }) =>
      [stream?.write, stream?.destroy, stream?.prependListener, stream?.isPaused].every(isFunction) &&
      // One that the user made (a tunnel, say) counts as it likes.
      (!(stream instanceof Socket) || isNumber(stream.bytesWritten)),
  },
  {
    name: 'connection._command',
    parts: ['writes', 'answers', 'end'],
    isFound: ({ connection }) => holdsObject(connection, '_command'),
  },
  {
    name: 'connection._commands',
    parts: ['answers', 'end'],
    isFound: ({ connection: { _commands } }) => isNumber(_commands?.length) && isFunction(_commands?.get),
  },
  {
    name: 'connection._paused',
    parts: ['writes', 'answers', 'end'],
    isFound: ({ connection: { _paused } }) => typeof _paused === 'boolean',
  },
  {
    name: 'connection.handlePacket',
    parts: ['answers'],
    isFound: ({ connection: { handlePacket } }) => isFunction(handlePacket),
  },
  {
    name: 'connection.sequenceId',
    parts: ['answers'],
    isFound: ({ connection: { sequenceId } }) => isNumber(sequenceId),
  },
  {
    name: 'connection._handleFatalError',
    parts: ['answers', 'end'],
    isFound: ({ connection: { _handleFatalError } }) => isFunction(_handleFatalError),
  },
  {
    name: 'connection._fatalError',
    parts: ['answers', 'end'],
    isFound: ({ connection }) => holdsObject(connection, '_fatalError'),
  },
  {
    name: 'connection.config.compress',
    parts: ['answers'],
    isFound: ({ connection: { config } }) => config?.compress !== undefined,
  },
  ...steps('Query', 'row', 'resultsetHeader', 'infileOk'),
  ...steps('Prepare', 'prepareHeader'),
  ...steps('Ping', 'pingResponse'),
  ...steps('ResetConnection', 'resetConnectionResponse'),
  ...steps('ChangeUser', 'handshakeResult'),
  {
    name: 'Query._fieldCount',
    parts: ['answers'],
    isFound: ({ commands }) => isNumber(commands.Query._fieldCount),
  },
  {
    name: 'connection.addCommand',
    parts: ['commands'],
    isFound: ({ connection: { addCommand } }) => isFunction(addCommand),
  },
  {
    name: 'connection._addCommandClosedState',
    parts: ['commands'],
    isFound: ({ connection: { _addCommandClosedState } }) => isFunction(_addCommandClosedState),
  },
  { name: 'Query.sql', parts: ['texts'], isFound: ({ commands }) => commands.Query.sql === sampleText },
  {
    name: 'connection.config.clientFlags',
    parts: ['texts'],
    isFound: ({ connection: { config } }) => isNumber(config?.clientFlags),
  },
  {
    name: 'connection.clientEncoding',
    parts: ['texts'],
    isFound: ({ connection: { clientEncoding } }) => typeof clientEncoding === 'string',
  },
  {
    name: 'connection._handshakePacket.statusFlags',
    parts: ['greeting'],
    isFound: ({ connection: { _handshakePacket } }) => isNumber(_handshakePacket?.statusFlags),
  },
  {
    name: 'connection._handshakePacket.serverVersion',
    parts: ['version'],
    isFound: ({ connection: { _handshakePacket } }) => typeof _handshakePacket?.serverVersion === 'string',
  },
  {
    name: 'connection.lastActiveTime',
    parts: ['greeting'],
    isFound: ({ connection: { lastActiveTime } }) => isNumber(lastActiveTime),
  },
  {
    name: 'connection._protocolError',
    parts: ['end'],
    isFound: ({ connection }) => holdsObject(connection, '_protocolError'),
  },
  { name: 'connection._closing', parts: ['end'], isFound: ({ connection }) => marksItsEnd(connection) },
  {
    name: 'connection.resume',
    parts: ['end'],
    isFound: ({ connection: { resume } }) => isFunction(resume),
  },
  {
    name: 'connection.destroy',
    parts: ['end', 'pool'],
    isFound: ({ connection: { destroy } }) => isFunction(destroy),
  },
  {
    name: 'connection.threadId',
    parts: ['watch'],
    isFound: ({ connection: { threadId } }) => isNumber(threadId),
  },
  {
    name: 'connection.config.user',
    parts: ['watch'],
    isFound: ({ connection: { config } }) => config !== undefined && 'user' in config,
  },
  { name: 'Query._localStream', parts: ['watch'], isFound: ({ commands }) => commands.Query._localStream === null },
  {
    name: 'connection._realEnd',
    parts: ['pool'],
    isFound: ({ connection: { _realEnd } }) => isFunction(_realEnd),
  },
  { name: 'pool._closed', parts: ['pool'], isFound: ({ pool: { _closed } }) => typeof _closed === 'boolean' },
  {
    name: 'pool._freeConnections',
    parts: ['pool'],
    isFound: ({ pool: { _freeConnections } }) => isNumber(_freeConnections?.length),
  },
  {
    name: 'pool._allConnections',
    parts: ['pool'],
    isFound: ({ pool: { _allConnections } }) => isNumber(_allConnections?.length) && isFunction(_allConnections?.get),
  },
  {
    name: 'pool.config.connectionLimit',
    parts: ['pool'],
    isFound: ({ pool: { config } }) => isNumber(config?.connectionLimit),
  },
  {
    name: 'pool.config.connectionConfig',
    parts: ['pool'],
    isFound: ({ pool: { config } }) => typeof config?.connectionConfig === 'object',
  },
];

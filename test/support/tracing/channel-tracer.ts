import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import type { TracedStatement, Tracer } from './tracer.ts';

interface Traced {
  readonly query: string;
  readonly serverPort: number;
  error?: unknown;
}

/** A connection that was begun. */
export type ConnectTold = Pick<TracedStatement, 'port' | 'isInRequest'>;

/** Listens to mysql2's own channels, as Sentry does and newer tracers of others. */
export function startChannelTracer(): Tracer & {
  connects(): readonly ConnectTold[];
} {
  const request = new AsyncLocalStorage<true>();
  const isInRequest = () => request.getStore() === true;
  const statements: TracedStatement[] = [];
  const connects: ConnectTold[] = [];
  const begun = new Map<object, { readonly place: number; readonly isInRequest: boolean }>();
  const handlers = {
    start: (message: object) => void begun.set(message, { place: begun.size, isInRequest: isInRequest() }),
    end: () => {},
    error: () => {},
    asyncStart: () => {},
    asyncEnd: (message: object) => {
      const { place = 0, ...known } = begun.get(message) ?? { isInRequest: false };
      const { query: sql, serverPort: port, error } = message as Traced;
      statements[place] = { sql, port, ...known, hasFailed: error !== undefined };
    },
  };
  const begin = (message: object) => {
    connects.push({ port: (message as Traced).serverPort, isInRequest: isInRequest() });
  };
  const onConnect = { ...handlers, start: begin, asyncEnd: () => {} };
  const channels = ['mysql2:query', 'mysql2:execute'].map((name) => tracingChannel<object>(name));
  const connectChannel = tracingChannel<object>('mysql2:connect');
  for (const channel of channels) channel.subscribe(handlers);
  connectChannel.subscribe(onConnect);
  return {
    inRequest: (work) => request.run(true, work),
    statements: () => statements.filter((statement) => statement !== undefined),
    connects: () => connects,
    stop() {
      for (const channel of channels) channel.unsubscribe(handlers);
      connectChannel.unsubscribe(onConnect);
    },
  };
}

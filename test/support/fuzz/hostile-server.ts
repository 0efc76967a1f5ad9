import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  binaryRow,
  type ColumnType,
  column,
  eof,
  err,
  greeting,
  numbered,
  ok,
  packet,
  prepared,
  status,
  textRow,
} from './hostile/packets.ts';

/** Where in a conversation the server misbehaves. */
export const stages = ['greeting', 'auth', 'query', 'prepare', 'execute', 'begin', 'commit', 'ping'] as const;
export type Stage = (typeof stages)[number];

/** How it ends a connection, after what it said. */
export type Ending = 'fin' | 'rst';

/**
 * What it says in the place of an honest answer.
 *
 * @param honest whole packets, headers included
 * @returns the chunks to send, in this order; an ending breaks the connection there. Nothing at all is silence.
 */
export type Misbehaviour = (honest: readonly Buffer[]) => readonly (Buffer | Ending)[];

/** The rows of every SELECT that it does not know better. */
export const honestRows: readonly number[] = [1, 2, 3];

interface Answer {
  readonly stage: Stage | undefined;
  readonly packets: readonly Buffer[];
}

/**
 * A server of our own on loopback that speaks enough of the protocol for a driver to work with it, and misspeaks it at a stage of choice.
 * It has no data: every SELECT has the rows {@link honestRows}, and every other statement succeeds.
 */
export class HostileServer {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<number, { readonly session: Session; readonly socket: Socket }>();
  readonly #world: World = {
    sessions: () => [...this.#sessions.values()].map(({ session }) => session),
    kill: (id) => this.#sessions.get(id)?.socket.destroy(),
  };
  #plan: { readonly stage: Stage; readonly act: Misbehaviour; left: number } | undefined;
  #met = 0;
  #lastThread = 0;

  constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    listener.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<HostileServer> {
    // It never hangs up on its own: what the client leaves open stays open.
    const listener = createServer({ allowHalfOpen: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new HostileServer(listener);
  }

  /** Misbehaves at this stage so many times, then no more. */
  misbehave(stage: Stage, act: Misbehaviour, times = Number.POSITIVE_INFINITY): void {
    this.#plan = { stage, act, left: times };
    this.#met = 0;
  }

  heal(): void {
    this.#plan = undefined;
  }

  /** How often it has misbehaved since it was told to. */
  get met(): number {
    return this.#met;
  }

  /** Connections that the client has not ended. */
  connections(): number {
    return [...this.#sockets].filter((socket) => !socket.readableEnded && !socket.destroyed).length;
  }

  /** Hangs up on one of its clients. */
  drop(): void {
    [...this.#sockets].find((socket) => !socket.readableEnded && !socket.destroyed)?.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay();
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    this.#lastThread += 1;
    const session = new Session(this.#lastThread, `${socket.remoteAddress}:${socket.remotePort}`, this.#world);
    this.#sessions.set(this.#lastThread, { session, socket });
    socket.on('close', () => this.#sessions.delete(session.threadId));
    this.#say(socket, { stage: 'greeting', packets: [packet(0, greeting(this.#lastThread))] });
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
        const end = 4 + pending.readUIntLE(0, 3);
        const answer = session.answer(pending.subarray(4, end));
        pending = pending.subarray(end);
        if (answer === 'quit') socket.end();
        else if (answer !== undefined) this.#say(socket, answer);
      }
    });
  }

  #say(socket: Socket, { stage, packets }: Answer): void {
    const plan = this.#plan;
    if (plan === undefined || stage !== plan.stage || plan.left <= 0) {
      socket.write(Buffer.concat(packets));
      return;
    }
    plan.left -= 1;
    this.#met += 1;
    for (const said of plan.act(packets)) {
      if (said === 'fin') socket.end();
      else if (said === 'rst') socket.resetAndDestroy();
      else socket.write(said);
    }
  }
}

/** What one session can see and do of the others. */
interface World {
  sessions(): readonly Session[];
  kill(threadId: number): void;
}

type Value = string | number;

interface Table {
  readonly columns: readonly (readonly [name: string, type: ColumnType])[];
  readonly rows: readonly (readonly Value[])[];
}

/** What the server knows of one connection. */
class Session {
  readonly threadId: number;
  readonly #client: string;
  readonly #world: World;
  readonly #statements: string[] = [];
  #authenticated = false;
  #inTransaction = false;

  constructor(threadId: number, client: string, world: World) {
    this.threadId = threadId;
    this.#client = client.replace('::ffff:', '');
    this.#world = world;
  }

  answer(payload: Buffer): Answer | 'quit' | undefined {
    if (!this.#authenticated) {
      this.#authenticated = true;
      return { stage: 'auth', packets: numbered([ok(status.autocommit)], 2) };
    }
    switch (payload[0]) {
      case 0x01:
        return 'quit';
      case 0x03:
        return this.#run(payload.subarray(1).toString(), textRow, 'query');
      case 0x0e:
        return { stage: 'ping', packets: numbered([ok(this.#status)]) };
      case 0x16:
        return this.#prepare(payload.subarray(1).toString());
      case 0x17:
        return this.#run(this.#statements[payload.readUInt32LE(1) - 1] ?? '', binaryRow, 'execute');
      case 0x19:
        return undefined;
      default:
        return { stage: undefined, packets: numbered([err(1047, '08S01', 'Unknown command')]) };
    }
  }

  get #status(): number {
    return this.#inTransaction ? status.inTransaction : status.autocommit;
  }

  #prepare(sql: string): Answer {
    const parameters = sql.split('?').length - 1;
    this.#statements.push(sql);
    const columns = this.#tableOf(sql)?.columns ?? [];
    const payloads = [prepared(this.#statements.length, columns.length, parameters)];
    if (parameters > 0) payloads.push(...Array.from({ length: parameters }, () => column('?', 253)), eof(this.#status));
    if (columns.length > 0) payloads.push(...columns.map(([name, type]) => column(name, type)), eof(this.#status));
    return { stage: isOwn(sql) ? undefined : 'prepare', packets: numbered(payloads) };
  }

  #run(sql: string, toRow: (values: readonly Value[]) => Buffer, kind: 'query' | 'execute'): Answer {
    const table = this.#tableOf(sql);
    if (table === undefined) return { stage: this.#change(sql) ?? kind, packets: numbered([ok(this.#status, 1)]) };
    const columns = table.columns.map(([name, type]) => column(name, type));
    const payloads = [Buffer.from([columns.length]), ...columns, eof(this.#status), ...table.rows.map(toRow)];
    return { stage: isOwn(sql) ? undefined : kind, packets: numbered([...payloads, eof(this.#status)]) };
  }

  #change(sql: string): Stage | undefined {
    const verb = /^\w+/.exec(sql.trim())?.[0].toLowerCase();
    if (verb === 'kill') this.#world.kill(Number(/\d+/.exec(sql)?.[0]));
    if (verb === 'begin' || verb === 'start') {
      this.#inTransaction = true;
      return 'begin';
    }
    if (verb !== 'commit' && verb !== 'rollback') return undefined;
    this.#inTransaction = false;
    return 'commit';
  }

  /** Undefined for what has no rows. Its process list says that it executes nothing, which is the truth. */
  #tableOf(sql: string): Table | undefined {
    if (/version\(\)/i.test(sql)) return { columns: [['VERSION()', 253]], rows: [['8.0.36']] };
    if (/processlist/i.test(sql)) {
      const rows = this.#world.sessions().map((one) => [one.threadId, 'u', one.#client, 'Sleep']);
      const text = ['user', 'host', 'command'].map((name) => [name, 253] as const);
      return { columns: [['id', 3], ...text], rows };
    }
    if (/connection_id\(\)/i.test(sql)) return { columns: [['id', 3]], rows: [[this.threadId]] };
    if (/^show/i.test(sql)) return { columns: [['Variable_name', 253]], rows: [['hostname']] };
    return /^\s*select/i.test(sql) ? { columns: [['id', 3]], rows: honestRows.map((id) => [id]) } : undefined;
  }
}

/** What the library asks before, and beside, the user's own statements is answered honestly. */
function isOwn(sql: string): boolean {
  return /version\(\)|connection_id\(\)|processlist|^show/i.test(sql);
}

import { connect, type Socket } from 'node:net';
import { expectMilliseconds } from './checks.ts';
import { CutFault, type CutOptions } from './cut-fault.ts';
import { Faults } from './faults.ts';
import { LostAnswerFault } from './lost-answer-fault.ts';
import { Listener } from './network/listener.ts';
import type { LostAnswer } from './protocol/conversation.ts';
import type { Target } from './target.ts';
import { WatchedConnection } from './watched-connection.ts';

/**
 * A proxy between a test and its server that breaks connections when it is told to. Made by `createFaultProxy()`.
 *
 * Each method throws a TypeError at once for an argument that it cannot take, and an Error at once for a fault that it cannot have: the proxy is closed, a fault of
 * this kind is waited for already, or it does not go together with another one.
 */
export class FaultProxy {
  readonly #target: Target;
  readonly #plaintext: boolean;
  readonly #listener: Listener;
  readonly #faults = new Faults();
  readonly #connections = new Set<WatchedConnection>();
  #accepted = 0;
  #isClosed = false;

  /** @internal */
  constructor(target: Target, plaintext: boolean) {
    this.#target = target;
    this.#plaintext = plaintext;
    this.#listener = new Listener((client) => this.#accept(client));
  }

  /** @internal */
  open(): Promise<void> {
    return this.#listener.open();
  }

  /** Where clients connect to: `'127.0.0.1'`. */
  get host(): string {
    return this.#listener.host;
  }

  /** Where clients connect to; the same for as long as the proxy exists. */
  get port(): number {
    return this.#listener.port;
  }

  /** The URL that the proxy was created with, with its own host and port; without one, `mysql://127.0.0.1:PORT`. */
  get url(): string {
    return this.#target.urlOf(this.host, this.port);
  }

  /** How many connections are open, at least on one side. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many connections clients have made since the proxy was created. Those that were refused do not count. */
  get accepted(): number {
    return this.#accepted;
  }

  /**
   * The next command that a client sends reaches the server, which carries it out and answers. Nothing of the answer reaches the client: when it is whole, both sides
   * of the connection get a RST. Logins, and commands that have no answer, do not count; a ping, or the PREPARE of a statement, does.
   *
   * @returns a promise that is fulfilled when it has happened. Await it after the work that it happens to. It is rejected when it cannot happen any more: the connection
   *   has ended before the server had answered, or the fault was taken back by `heal()`, `reset()` or `close()`
   * @throws Error where a connection is encrypted or compressed, for there the proxy sees no command
   */
  loseNextAnswer(): Promise<LostAnswer> {
    return this.#loseAnswer(LostAnswerFault.ofAny());
  }

  /**
   * As `loseNextAnswer()`, for the next statement that matches the pattern. The text is what the client has sent, with its comments and spaces; of a prepared
   * statement, the text that was prepared, when it is executed.
   *
   * @example faults.loseAnswerOf(/^COMMIT/i)
   */
  loseAnswerOf(pattern: RegExp): Promise<LostAnswer> {
    return this.#loseAnswer(LostAnswerFault.of(pattern));
  }

  /**
   * Lets `bytes` more bytes pass in one direction of a connection, then cuts it: both sides get a RST. It happens to the first connection that carries so many from
   * now on, also if that is in a greeting or a login. With 0, nothing of what comes next passes.
   *
   * @returns a promise that is fulfilled when it has happened; rejected when it was taken back by `heal()` or `close()`
   */
  cutAfterBytes(bytes: number, options: CutOptions = {}): Promise<void> {
    const cut = new CutFault(bytes, options);
    this.#expectOpen(cut.name);
    this.#faults.planCut(cut);
    return cut.happened;
  }

  /**
   * Cuts every open connection now: both sides get a RST.
   *
   * @returns a promise that is fulfilled when all are closed
   */
  async reset(): Promise<void> {
    const open = [...this.#connections];
    for (const connection of open) {
      this.#faults.giveUpOn(connection, 'reset() has ended its connection');
      connection.reset();
    }
    await Promise.all(open.map((connection) => connection.closed));
  }

  /**
   * Refuses new connections, until `heal()`: nobody listens on the port any more, and clients get `ECONNREFUSED`. Those that are open go on.
   *
   * @returns a promise that is fulfilled when it is so, which is at once
   */
  refuse(): Promise<void> {
    this.#expectOpen('refuse()');
    this.#listener.shut();
    return Promise.resolve();
  }

  /**
   * Lets all bytes vanish, in both directions, until `heal()`. Connections stay open, and new ones are accepted; nobody hears anything, not even that the other side
   * has gone. What has vanished stays so: a connection that has lost something, or was made in the black hole, is silent for ever, and the others go on.
   *
   * @returns a promise that is fulfilled when it is so, which is at once
   * @throws Error where a fault is waited for that would not happen in a black hole
   */
  blackHole(): Promise<void> {
    this.#expectOpen('blackHole()');
    this.#faults.beginBlackHole();
    return Promise.resolve();
  }

  /**
   * Delays all bytes by `milliseconds` in each direction, until `heal()`, so that a round trip takes twice as long. A second call sets another delay; 0 ends it.
   *
   * @param milliseconds from 0 to 2147483647
   * @returns a promise that is fulfilled when it is so, which is at once
   */
  slow(milliseconds: number): Promise<void> {
    expectMilliseconds('the delay of slow()', milliseconds);
    this.#expectOpen('slow()');
    this.#faults.latency = milliseconds;
    this.#pump();
    return Promise.resolve();
  }

  /**
   * Undoes all faults, and takes back those that have not happened: the promises of these are rejected. Connections that are cut, or have lost bytes, stay so.
   *
   * @returns a promise that is fulfilled when clients can connect again
   * @throws Error where another program has taken the port while connections were refused
   */
  async heal(): Promise<void> {
    this.#faults.end('it was taken back by heal()');
    this.#pump();
    for (const connection of this.#connections) connection.endIfClientIsGone();
    if (!this.#isClosed) await this.#listener.open();
  }

  /** Cuts every open connection and stops. A proxy that is not closed keeps no process alive. Can be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#faults.end('the proxy was closed');
    this.#listener.shut();
    await this.reset();
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    if (this.#isClosed) {
      client.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const server = this.#faults.isBlackHole ? undefined : connect({ ...this.#target.place, allowHalfOpen: true });
    const connection = new WatchedConnection(client, server, this.#faults, this.#plaintext);
    this.#connections.add(connection);
    connection.closed.then(() => this.#connections.delete(connection));
  }

  #loseAnswer(fault: LostAnswerFault): Promise<LostAnswer> {
    this.#expectOpen(fault.name);
    const unreadable = [...this.#connections].find((connection) => connection.unreadable !== undefined)?.unreadable;
    this.#faults.planLostAnswer(fault, unreadable);
    return fault.happened;
  }

  #expectOpen(name: string): void {
    if (this.#isClosed) throw new Error(`${name} cannot be had: the proxy is closed`);
  }

  #pump(): void {
    for (const connection of this.#connections) connection.pump();
  }
}

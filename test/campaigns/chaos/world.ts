import type { Connection, PoolOptions } from 'mysql2/promise';
import type { Server } from '../../support/server/server.ts';

/** Something that can happen to a world. */
export interface Fault {
  readonly name: string;
  /** About how long it lasts, in milliseconds. */
  readonly lasts: number;
  /** The server that goes on may not have the last of what was acknowledged. */
  readonly losesTail?: true;
  /** It stops statements on purpose, and the server says so to who sent them. */
  readonly interrupts?: true;
  /**
   * @param random numbers from 0 to 1
   * @param cut called whenever it has ended connections, by a fault that does so several times in a row
   */
  run(random: () => number, cut: () => void): Promise<void>;
}

/** Servers, and the way to them, that faults happen to. */
export interface World {
  /** For example 'mariadb 10.11.14'. */
  readonly title: string;
  readonly faults: readonly Fault[];
  /** The one on which an operator ends long reads, if there is one. */
  readonly operated?: Server;
  /** Where the client with this number connects, without a database. Each one has a way of its own. */
  addressOf(client: number): PoolOptions;
  /** Runs `work` as root where the truth is: on the server that takes writes. */
  asRoot<T>(work: (root: Connection) => Promise<T>): Promise<T>;
  /** Undoes what faults have left behind. */
  heal(): Promise<void>;
  /** Ends what the servers still have of connections that nobody at the other end knows of any more. */
  hangUp(): Promise<void>;
  /** How many connections of `app` the servers have. */
  threads(): Promise<number>;
  /** Ends all servers, and the ways to them. */
  destroy(): Promise<void>;
}

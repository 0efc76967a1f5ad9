import { connect } from 'node:net';
import { createConnection, type Pool } from 'mysql2/promise';
import type { Address } from './protocol.ts';

/** Ways to spoil a run on purpose: whoever trusts a verdict has to see it fail. */
export const leaks = ['memory', 'listeners', 'timers', 'sockets', 'transactions', 'delays'] as const;
export type Leak = (typeof leaks)[number];

/** Calls until the next listener and the next timer. */
const seldom = 50;
const anHour = 3_600_000;

/** Leaks what it was asked to: a bit with each call, and a bit in the end. */
export class Leaks {
  readonly #wanted: ReadonlySet<Leak>;
  readonly #address: Address;
  readonly #kept: unknown[] = [];
  #calls = 0;

  constructor(wanted: readonly Leak[], address: Address) {
    this.#wanted = new Set(wanted);
    this.#address = address;
    if (this.#wanted.has('delays')) setInterval(holdUp, 20).unref();
  }

  afterCall(pool: Pool | undefined): void {
    this.#calls += 1;
    if (this.#wanted.has('memory')) this.#kept.push(Array.from({ length: 2_000 }, () => Math.random()));
    if (this.#calls % seldom > 0) return;
    if (this.#wanted.has('listeners')) pool?.pool.on('acquire', () => {});
    if (this.#wanted.has('timers')) setTimeout(() => {}, anHour);
  }

  /** What the faults would end before anybody looks is leaked last. */
  async beforeEnd(database: string): Promise<void> {
    const { host, directPort: port, user, password } = this.#address;
    if (this.#wanted.has('sockets')) this.#kept.push(connect({ host, port }).on('error', () => {}));
    if (!this.#wanted.has('transactions')) return;
    const connection = await createConnection({ host, port, user, password, database });
    await connection.query('BEGIN');
    await connection.query('INSERT INTO operations (op_id) VALUES (0)');
    this.#kept.push(connection);
  }
}

/** Keeps the event loop from its work. */
function holdUp(): void {
  for (const until = performance.now() + 15; performance.now() < until; );
}

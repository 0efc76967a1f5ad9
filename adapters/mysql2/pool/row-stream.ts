import type { Lease, StatementLimits } from './lease.ts';

/** Rows that may wait in memory before the connection is paused. */
const highWaterMark = 64;

/** The same where something waits behind them, which could never be sent if their reader waited for that. */
const mostBehind = 65_536;

/** Whether something waits until all rows of a statement have come, however slowly they are read. */
export class RowDemand {
  readonly #onFull: () => void;
  #isUrgent = false;
  #readOn: () => void = () => {};
  #taken = 0;

  /** @param onFull called when there are so many rows that they are not read on for that */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  /** Something waits behind the rows from now on. */
  press(): void {
    this.#isUrgent = true;
    this.#readOn();
  }

  /** @param readOn lets the connection bring more rows */
  begin(readOn: () => void): void {
    this.#readOn = readOn;
  }

  /** A reader has taken a row. */
  take(): void {
    this.#taken += 1;
  }

  /** How many rows were taken. Only compared. */
  get taken(): number {
    return this.#taken;
  }

  /** So many rows wait for their reader: whether the connection is to be paused. */
  isEnough(count: number): boolean {
    if (count < (this.#isUrgent ? mostBehind : highWaterMark)) return false;
    if (this.#isUrgent) this.#onFull();
    return true;
  }
}

/**
 * The rows of one statement, as they come, with back-pressure. Ends with an error when the connection is lost (mysql2's own stream
 * then hangs, or ends as if it were complete).
 *
 * A lease of its own is given up however the stream ends: released after the last row, destroyed when the caller stopped early,
 * because what is left of the result is still on its way. In a transaction, whose lease goes on, the rest is read and dropped.
 *
 * @param onEnd called when nothing of the result is left on the wire, with what it failed with
 * @param demand whether something waits for that
 * @throws the driver's error, with evidence; AttemptTimeoutError when a row is waited for longer than `attemptTimeout`
 */
export async function* streamRows(
  lease: Lease,
  sql: unknown,
  values: unknown,
  limits: StatementLimits,
  lifetime: 'own-lease' | 'in-transaction',
  onEnd: (error?: unknown) => void = () => {},
  demand: RowDemand = new RowDemand(() => {}),
): AsyncGenerator<unknown, void, void> {
  const { connection } = lease;
  const rows: unknown[] = [];
  const end: { state: 'open' | 'ended' | 'failed'; error: unknown } = { state: 'open', error: undefined };
  let wake: () => void = () => {};
  const close = (state: 'ended' | 'failed', error?: unknown) => {
    if (end.state === 'open') {
      Object.assign(end, { state, error });
      onEnd(error);
    }
    wake();
  };
  const fail = (error: unknown) => close('failed', error);

  const command = lease.stream(sql, values, fail);
  command.on('result', (row: never) => {
    // What comes after a failure is none of the caller's rows.
    if (end.state !== 'open') return;
    rows.push(row);
    if (demand.isEnough(rows.length)) connection.pause();
    wake();
  });
  demand.begin(() => {
    if (end.state === 'open') connection.resume();
  });
  command.on('error', fail);
  command.on('end', () => close('ended'));

  const nextEvent = async () => {
    const stopWatching = lease.abandonWhen(limits, () => command, fail);
    const event = new Promise<void>((resolve) => {
      wake = resolve;
    });
    // Hands out what was held back while paused, before it returns.
    connection.resume();
    await event;
    stopWatching();
  };

  try {
    for (;;) {
      if (rows.length > 0) {
        lease.noteRowTaken();
        demand.take();
        yield rows.shift();
      } else if (end.state === 'ended') {
        break;
      } else if (end.state === 'failed') {
        throw end.error;
      } else {
        await nextEvent();
      }
    }
    if (lifetime === 'own-lease') lease.release();
  } finally {
    if (lifetime === 'own-lease') {
      // A no-op after release().
      lease.destroy('abandoned');
    } else {
      while (end.state === 'open') {
        rows.length = 0;
        await nextEvent();
      }
    }
  }
}

/**
 * As {@link streamRows}, once its first row is there, or the end of an empty result.
 *
 * @throws what it fails with before that
 */
export async function openRows(
  ...statement: Parameters<typeof streamRows>
): Promise<AsyncGenerator<unknown, void, void>> {
  const rows = streamRows(...statement);
  const opened = startingWith(await rows.next(), rows);
  // A generator that has not begun yet would do nothing in its `return()`, and the rest of the rows stay on the wire.
  await opened.next();
  return opened;
}

async function* startingWith(
  first: IteratorResult<unknown, void>,
  rest: AsyncGenerator<unknown, void, void>,
): AsyncGenerator<unknown, void, void> {
  try {
    yield;
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

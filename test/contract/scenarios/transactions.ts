import { describe, expect, test, vi } from 'vitest';
import { classify, OutcomeUnknownError } from '../../../src/index.ts';
import { errorPacket } from '../../support/proxy/error-packet.ts';
import { recordStatements } from '../../support/proxy/record-statements.ts';
import { notOurs } from '../../support/server/server.ts';
import { patient, type Stage } from '../../support/stage.ts';
import type { Binding, BindingStatements, CreateBinding } from '../binding.ts';
import { failureOf, later, warm } from '../outcome.ts';

type Callback = (tx: BindingStatements) => Promise<unknown>;

/** Not what PREPARE is answered with, which begins in the same way. Sources: MySQL, "OK_Packet", "COM_STMT_PREPARE_OK" */
function isOkPacket(chunk: Buffer): boolean {
  return chunk[4] === 0 && chunk.readUIntLE(0, 3) !== 12;
}

/** What the server says to a connection that it ends unasked. */
function farewellOf({ server }: Stage): Buffer {
  return server.kind === 'mariadb'
    ? errorPacket(1927, '70100', 'Connection was killed', 0)
    : errorPacket(4031, 'HY000', 'The client was disconnected by the server because of inactivity.', 0);
}

/** A transaction is one unit: its callback runs once, and its COMMIT is never guessed at. */
export function describeTransactions(create: CreateBinding, stage: Stage): void {
  const open = (connectionLimit = 10): Binding =>
    stage.closing(create({ connection: stage.proxied(), connectionLimit }));
  const run = <T>(binding: Binding, callback: (tx: BindingStatements) => Promise<T>): Promise<T> =>
    binding.transaction(callback);

  describe('a transaction', () => {
    test('is committed once and gives back the result of its callback', async () => {
      const binding = open();
      const result = await run(binding, async (tx) => {
        await tx.insert(1);
        await tx.insert(2);
        return tx.read();
      });
      expect(result).toEqual([1, 2]);
      expect(await stage.rows()).toEqual([1, 2]);
    });

    test('is undone when its callback throws, and the caller gets that very error', async () => {
      const binding = open(1);
      const own = new Error('not today');
      const failure = failureOf(
        run(binding, async (tx) => {
          await tx.insert(1);
          throw own;
        }),
      );
      expect(await failure).toBe(own);
      expect(await binding.read()).toEqual([]);
    });

    test('ends with the own error of its callback, also when its connection died meanwhile', async () => {
      const binding = open();
      const own = new Error('not today');
      const failure = failureOf(
        run(binding, async (tx) => {
          await tx.insert(1);
          stage.proxy.resetAll();
          await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
          throw own;
        }),
      );
      expect(await failure).toBe(own);
      expect(await stage.rows()).toEqual([]);
      expect(await binding.read()).toEqual([]);
    });

    test('that lost its connection before its callback ran begins again, and its callback runs once', async () => {
      const binding = open();
      const callback = vi.fn<Callback>((tx) => tx.insert(1));
      for (let round = 1; round <= 20; round += 1) {
        await warm(binding, 1);
        stage.proxy.resetAll();
        await run(binding, callback);
        expect(callback).toHaveBeenCalledTimes(round);
      }
      expect(await stage.rows()).toEqual(Array(20).fill(1));
    });

    test.each([
      { loss: 'killed', breakOff: async (id: number) => stage.server.killThread(id) },
      { loss: 'reset', breakOff: async () => stage.proxy.resetAll() },
    ])(
      'whose connection was lost with a statement in flight is undone, and neither of them runs again: $loss',
      async ({ breakOff }) => {
        const binding = open();
        const unlock = await stage.lockRows();
        const callback = vi.fn<Callback>(async (tx) => {
          await tx.read();
          await tx.insert(1);
        });
        const failure = failureOf(run(binding, callback));
        const [thread] = await stage.inFlightBehindRow();
        const sent = recordStatements(stage.proxy);
        await breakOff(Number(thread));
        const error = await failure;
        expect(callback).toHaveBeenCalledOnce();
        expect(error).not.toBeInstanceOf(OutcomeUnknownError);
        expect(classify(error)).toMatchObject({ outcome: 'rolled-back', endsTransaction: true });
        expect(sent.packets()).toBe(0);
        await unlock();
        expect(await binding.read()).toEqual([]);
      },
    );

    test.each([
      ['a statement that commits by itself', 'TRUNCATE TABLE stage_keyed'],
      ['one that begins another transaction', 'START TRANSACTION'],
    ])(
      'that has committed a part of itself is not told of as undone, though the server hung up with that very answer: %s',
      async (_name, sql) => {
        const binding = open(1);
        await warm(binding, 1);
        const hangUp = () => {
          const stop = stage.proxy.onServerData((chunk, connection) => {
            if (!isOkPacket(chunk)) return 'forward';
            stop();
            connection.answer(Buffer.concat([chunk, farewellOf(stage)]));
            return 'swallow';
          });
        };
        const callback = vi.fn<Callback>(async (tx) => {
          await tx.insert(1);
          hangUp();
          await tx.send(sql);
          await tx.insert(2);
        });
        const error = await failureOf(binding.transaction(callback, { rerun: true }));
        expect(callback).toHaveBeenCalledOnce();
        // MySQL does not prepare every statement, and then the one that is hung up behind is another one.
        const rows = await stage.rows();
        if (sql.startsWith('TRUNCATE')) expect(rows).toEqual([1]);
        if (rows.length > 0) expect(['failed', 'unknown']).toContain(classify(error).outcome);
      },
    );

    test('whose connection was lost between two statements ends with that, applied not at all', async () => {
      const binding = open();
      const callback = vi.fn<Callback>(async (tx) => {
        await tx.insert(1);
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
        await tx.insert(2);
      });
      const error = await failureOf(run(binding, callback));
      expect(callback).toHaveBeenCalledOnce();
      expect(error).not.toBeInstanceOf(OutcomeUnknownError);
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', code: 'ECONNRESET', outcome: 'rolled-back' });
      expect(await stage.rows()).toEqual([]);
    });

    test('whose connection was lost after its last statement and before COMMIT ends with that, applied not at all', async () => {
      const binding = open();
      const callback = vi.fn<Callback>(async (tx) => {
        await tx.insert(1);
        stage.proxy.resetAll();
        await expect.poll(() => stage.proxy.connections(), patient).toBe(0);
      });
      const error = await failureOf(run(binding, callback));
      expect(callback).toHaveBeenCalledOnce();
      expect(error).not.toBeInstanceOf(OutcomeUnknownError);
      expect(classify(error)).toMatchObject({ kind: 'connection-lost', outcome: 'rolled-back' });
      expect(await stage.rows()).toEqual([]);
    });
  });

  describe('a COMMIT that was sent and never answered', () => {
    test.each([
      { fate: 'executed', swallow: 'answer', rows: [1] },
      { fate: 'lost on its way', swallow: 'request', rows: [] },
    ] as const)('makes the transaction unknown, and runs its callback once: $fate', async ({ swallow, rows }) => {
      const binding = open();
      const callback = vi.fn<Callback>((tx) => tx.insert(1));
      let committing: number | undefined;
      stage.proxy.onClientData((chunk, connection) => {
        if (!chunk.toString('latin1').toLowerCase().includes('commit')) return 'forward';
        committing = connection.id;
        if (swallow === 'answer') return 'forward';
        connection.reset();
        return 'swallow';
      });
      stage.proxy.onServerData((_, connection) => {
        if (connection.id !== committing) return 'forward';
        connection.reset();
        return 'swallow';
      });
      const error = await failureOf(run(binding, callback));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ attempts: 1, failure: { outcome: 'unknown' } });
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual(rows);
    });

    test('is told from all others when the server is killed under many transactions', async ({ skip }) => {
      // Before writers begin, which end when the server is back.
      skip(...notOurs(stage.server, 'it is not killed'));
      const binding = stage.closing(create({ connection: stage.direct() }));
      const answers = new Map<number, 'committed' | 'unknown' | 'failed'>();
      let back = false;
      const writer = async (first: number): Promise<void> => {
        for (let id = first, last = false; !last; id += 1) {
          last = back;
          const work = run(binding, async (tx) => {
            await tx.insert(id);
            await tx.insert(id);
          });
          answers.set(
            id,
            await work.then(
              () => 'committed' as const,
              (error) => (error instanceof OutcomeUnknownError ? 'unknown' : 'failed'),
            ),
          );
        }
      };
      const writers = later(Promise.all(Array.from({ length: 10 }, (_, index) => writer(index * 100_000))));
      await expect.poll(() => answers.size, patient).toBeGreaterThan(50);
      await stage.server.kill9();
      await stage.server.start();
      back = true;
      await writers;
      const rows = await stage.rows();
      const wrong = [...answers].filter(([id, answer]) => {
        const count = rows.filter((row) => row === id).length;
        return !{ committed: [2], unknown: [0, 2], failed: [0] }[answer].includes(count);
      });
      expect(wrong).toEqual([]);
      expect([...answers.values()].filter((answer) => answer === 'committed').length).toBeGreaterThan(50);
    });
  });
}

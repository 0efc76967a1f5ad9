import { beforeEach, describe, expect, test } from 'vitest';
import type { TransactionOptions } from '../../src/index.ts';
import { type LedgerBinding, ledgerBindings } from '../support/ledger/bindings.ts';
import { freshLedger } from '../support/ledger/stage-ledger.ts';
import { cutAtEach, losses } from '../support/prisma/cut.ts';
import { unhurried, useStage } from '../support/stage.ts';

const modes: readonly { readonly mode: string; readonly options: (n: number) => TransactionOptions }[] = [
  { mode: 'exactlyOnce', options: () => ({ exactlyOnce: true }) },
  { mode: 'idempotencyKey', options: (n) => ({ idempotencyKey: `order-${n}` }) },
];

describe.each(ledgerBindings)('exactly once, with $name', unhurried, ({ create }) => {
  const stage = useStage('ledger-each-point');
  let binding: LedgerBinding;

  beforeEach(async () => {
    binding = stage.closing(
      create({
        connection: { ...stage.proxied(), connectionLimit: 2 },
        policy: { minTimeout: 0, maxTimeout: 20 },
      }),
    );
    await freshLedger(stage, binding);
  });

  /** Runs one, and holds its answer and its rows against each other. */
  const once = async (id: number, options: TransactionOptions, place: string) => {
    const result = await binding.transaction(async (tx) => {
      await tx.insert(id);
      await tx.insert(id);
      return { id };
    }, options);
    expect(result, place).toEqual({ id });
    expect(await stage.countOf(id), place).toBe(2);
  };

  describe.each(modes)('$mode', ({ options }) => {
    test.each(losses)('is applied once, and answered, wherever the connection is lost: %s', async (loss) => {
      let id = 0;
      await once(id, options(id), 'undisturbed');
      const cuts = await cutAtEach(stage.proxy, loss, async (arm, place) => {
        id += 1;
        const cut = arm();
        await once(id, options(id), place);
        cut.stop();
      });
      expect(cuts, 'BEGIN, the token, two statements and COMMIT at least').toBeGreaterThanOrEqual(5);
    });

    test('is applied once, and answered, wherever its session is killed', async () => {
      let id = 0;
      await once(id, options(id), 'undisturbed');
      for (let point = 1, killed = true; killed; point += 1) {
        let packets = 0;
        let kills: Promise<unknown> | undefined;
        const stop = stage.proxy.onClientData(() => {
          packets += 1;
          if (packets === point) {
            kills = stage.server
              .threads()
              .then((threads) => Promise.allSettled(threads.map((thread) => stage.server.killThread(thread))));
          }
          return 'forward';
        });
        id += 1;
        await once(id, options(id), `killed at packet ${point}`);
        stop();
        await kills;
        killed = kills !== undefined;
      }
      expect(id).toBeGreaterThan(5);
    });
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  NotCommittedError,
  OutcomeUnknownError,
  type ResilienceOptions,
  type SessionKilledEvent,
  type TransactionOptions,
} from '../../src/index.ts';
import { failureOf } from '../contract/outcome.ts';
import { type LedgerBinding, type LedgerCallback, ledgerBindings } from '../support/ledger/bindings.ts';
import { breakCommit, type CommitAnswer, freshLedger, isCommit, ledgerOf } from '../support/ledger/stage-ledger.ts';
import { recordStatements } from '../support/proxy/record-statements.ts';
import { unhurried, useStage } from '../support/stage.ts';
import { shiftWallClock } from '../support/wall-clock.ts';

const modes: readonly { readonly mode: string; readonly options: TransactionOptions }[] = [
  { mode: 'exactlyOnce', options: { exactlyOnce: true } },
  { mode: 'idempotencyKey', options: { idempotencyKey: 'order-42' } },
];

const answers: readonly CommitAnswer[] = ['none', 'an error that nobody knows'];

describe.each(ledgerBindings)('a COMMIT in doubt, with $name', unhurried, ({ create }) => {
  const stage = useStage('ledger');
  let binding: LedgerBinding;

  const open = (policy?: ResilienceOptions): LedgerBinding =>
    stage.closing(create({ connection: { ...stage.proxied(), connectionLimit: 3 }, ...(policy && { policy }) }));

  beforeEach(async () => {
    binding = open();
    await freshLedger(stage, binding);
  });

  const insertOne = () =>
    vi.fn<LedgerCallback<{ readonly done: string }>>(async (tx) => {
      await tx.insert(1);
      return { done: 'ä🐬' };
    });

  describe.each(modes)('of a transaction with $mode', ({ mode, options }) => {
    const states = mode === 'exactlyOnce' ? ['committed'] : ['committed', 'result'];

    test('is none when it is answered: one row, or two with a key, in the ledger', async () => {
      const callback = insertOne();
      expect(await binding.transaction(callback, options)).toEqual({ done: 'ä🐬' });
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([1]);
      expect((await ledgerOf(stage)).map(({ state }) => state)).toEqual(states);
    });

    test.each(answers)(
      'that the server executed returns the result, whose callback ran once; answer: %s',
      async (answer) => {
        const broken = breakCommit(stage, 'executed', answer);
        const callback = insertOne();
        expect(await binding.transaction(callback, options)).toEqual({ done: 'ä🐬' });
        await broken;
        expect(callback).toHaveBeenCalledOnce();
        expect(await stage.rows()).toEqual([1]);
        expect((await ledgerOf(stage)).map(({ state }) => state)).toEqual(states);
      },
    );

    test.each(answers)(
      'that never reached the server is fenced, and the callback runs again; answer: %s',
      async (answer) => {
        const broken = breakCommit(stage, 'lost on its way', answer);
        const callback = insertOne();
        expect(await binding.transaction(callback, options)).toEqual({ done: 'ä🐬' });
        await broken;
        expect(callback).toHaveBeenCalledTimes(2);
        expect(await stage.rows()).toEqual([1]);
        expect((await ledgerOf(stage)).map(({ state }) => state).sort()).toEqual([...states, 'fenced'].sort());
      },
    );

    test.each(answers)(
      'that never reached the server is told as not committed where nothing may be retried; answer: %s',
      async (answer) => {
        const once = open({ retries: 0 });
        const broken = breakCommit(stage, 'lost on its way', answer);
        const callback = insertOne();
        const error = await failureOf(once.transaction(callback, options));
        await broken;
        expect(error).toBeInstanceOf(NotCommittedError);
        expect(callback).toHaveBeenCalledOnce();
        expect(await stage.rows()).toEqual([]);
      },
    );

    test('whose session is swallowed by a black hole, and holds its row, is settled when that was killed', async () => {
      const results: unknown[] = [];
      const listener = (event: unknown) => results.push((event as SessionKilledEvent).result);
      subscribe('gone-away:session-killed', listener);
      stage.after(async () => unsubscribe('gone-away:session-killed', listener));
      const impatient = stage.closing(
        create({ connection: { ...stage.routed(), connectionLimit: 3 }, policy: { attemptTimeout: 500 } }),
      );
      const callback = insertOne();
      const stop = stage.router.onClientData((chunk, connection) => {
        if (!isCommit(chunk)) return 'forward';
        stop();
        // Its user gives it up; the server does not notice.
        connection.silence();
        return 'swallow';
      });
      expect(await impatient.transaction(callback, options)).toEqual({ done: 'ä🐬' });
      expect(results).toContain('gone');
      expect(callback).toHaveBeenCalledTimes(2);
      expect(await stage.rows()).toEqual([1]);
    });
  });

  describe('of a transaction that took long', () => {
    const minutes = (count: number) => shiftWallClock(stage, count * 60_000);

    test('is not asked about when its row may have been pruned, by the clock of the server', async () => {
      await binding.transaction(insertOne(), { exactlyOnce: true });
      minutes(-50);
      const callback = insertOne();
      const broken = breakCommit(stage, 'executed');
      const work = binding.transaction(callback, { exactlyOnce: true });
      expect(await failureOf(work)).toBeInstanceOf(OutcomeUnknownError);
      await broken;
      expect(callback).toHaveBeenCalledOnce();
      expect((await ledgerOf(stage)).map(({ state }) => state)).toEqual(['committed', 'committed']);
    });

    test('has its row dated anew before COMMIT', async () => {
      await binding.transaction(insertOne(), { exactlyOnce: true });
      const sent = recordStatements(stage.proxy);
      const broken = breakCommit(stage, 'executed');
      const restore = minutes(-50);
      let restored = false;
      const work = binding.transaction(
        async (tx) => {
          await tx.insert(2);
          if (!restored) restore();
          restored = true;
          return 'done';
        },
        { exactlyOnce: true },
      );
      expect(await work).toBe('done');
      await broken;
      expect(sent.count('SET created_at = UTC_TIMESTAMP() WHERE token')).toBe(1);
    });
  });
});

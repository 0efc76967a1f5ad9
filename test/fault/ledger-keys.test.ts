import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { classify, LedgerError, OutcomeUnknownError, type ResilienceOptions } from '../../src/index.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { everyLedgerBinding, type LedgerBinding, type LedgerCallback } from '../support/ledger/bindings.ts';
import { freshLedger, ledgerOf } from '../support/ledger/stage-ledger.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const keyedProcess = fileURLToPath(new URL('../support/ledger/keyed-process.ts', import.meta.url));

describe.each(everyLedgerBinding)('an idempotencyKey, with $name', unhurried, ({ name, create }) => {
  const stage = useStage('ledger-keys');
  let binding: LedgerBinding;

  const open = (policy?: ResilienceOptions, options: object = {}): LedgerBinding =>
    stage.closing(
      create({ connection: { ...stage.proxied(), connectionLimit: 3, ...options }, ...(policy && { policy }) }),
    );
  const never = () => vi.fn<LedgerCallback<unknown>>(async () => 'another result');

  beforeEach(async () => {
    binding = open();
    await freshLedger(stage, binding);
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a number', -1.5e-7],
    ['an empty text', ''],
    ['a text beyond ASCII', 'ä 🐬 \\ \' " \n \u2028 \0'],
    ['an array', [1, [2, []], null]],
    ['an object', { a: { b: [{ c: 'd' }], 'e f': false }, g: {} }],
    ['a result of half a megabyte', 'x'.repeat(500_000)],
  ])('gives the second call, through another pool, the result of the first: %s', async (_name, result) => {
    const first = await binding.transaction(
      async (tx) => {
        await tx.insert(1);
        return result;
      },
      { idempotencyKey: 'order-42' },
    );
    const callback = never();
    const second = await open().transaction(callback, { idempotencyKey: 'order-42' });
    expect(first).toEqual(result);
    expect(second).toEqual(result);
    expect(callback).not.toHaveBeenCalled();
    expect(await stage.rows()).toEqual([1]);
  });

  test.each(['sjis', 'cp932', 'gbk', 'big5', 'latin1', 'binary'])(
    'gives the second call the result of the first, whatever the charset of its connections: %s',
    async (charset) => {
      const result = 'é \\ "quoted" ~ {[|]}\n日本語';
      await binding.transaction(async () => result, { idempotencyKey: charset });
      const callback = never();
      const other = open({}, { charset });
      expect(await other.transaction(callback, { idempotencyKey: charset })).toBe(result);
      expect(callback).not.toHaveBeenCalled();
      expect(await other.transaction(async () => result, { idempotencyKey: `${charset} too` })).toBe(result);
      expect(await binding.transaction(callback, { idempotencyKey: `${charset} too` })).toBe(result);
    },
  );

  test('is another one for another key, and none of them is stored as it is', async () => {
    await binding.transaction((tx) => tx.insert(1).then(() => 'a'), { idempotencyKey: 'a' });
    expect(await binding.transaction((tx) => tx.insert(2).then(() => 'b'), { idempotencyKey: 'A' })).toBe('b');
    expect(await stage.rows()).toEqual([1, 2]);
    const keys = (await ledgerOf(stage)).filter(({ state }) => state === 'result');
    expect(keys).toHaveLength(2);
    for (const { token } of keys) expect(token).toMatch(/^[0-9A-F]{64}$/);
  });

  test.each([
    ['undefined inside', { a: [undefined] }, /got undefined at `result\.a\[0\]`/],
    ['a BigInt', { id: 1n }, /got a BigInt at `result\.id`/],
    ['a function', () => 1, /got a function at `result`/],
    ['a Date', { at: new Date(0) }, /got an object of class Date at `result\.at`/],
    ['NaN', [Number.NaN], /got NaN at `result\[0\]`/],
    ['a result that is too long', 'x'.repeat(17_000_000), /at most \d+ bytes/],
  ])('refuses a result that cannot be stored before COMMIT: %s', async (_name, result, message) => {
    const work = (tx: { insert(id: number): Promise<unknown> }) => tx.insert(1).then(() => result);
    const error = await failureOf(binding.transaction(work, { idempotencyKey: 'order-42' }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('order-42');
    expect(await stage.rows()).toEqual([]);
    expect(await ledgerOf(stage)).toEqual([]);
    // The key is as good as before.
    expect(await binding.transaction((tx) => tx.insert(2).then(() => 2), { idempotencyKey: 'order-42' })).toBe(2);
  });

  test('is as good as before when the callback throws', async () => {
    const own = new Error('not today');
    const failing = binding.transaction((tx) => tx.insert(1).then(() => Promise.reject(own)), { idempotencyKey: 'k' });
    expect(await failureOf(failing)).toBe(own);
    expect(await ledgerOf(stage)).toEqual([]);
    expect(await binding.transaction((tx) => tx.insert(2).then(() => 2), { idempotencyKey: 'k' })).toBe(2);
    expect(await stage.rows()).toEqual([2]);
  });

  /** A transaction with the key 'k' that has begun, and ends when it is told to. */
  const running = async () => {
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    stage.after(async () => finish());
    const started = vi.fn();
    const whole = later(
      binding.transaction(
        async (tx) => {
          await tx.insert(1);
          started();
          await finished;
          return 'first';
        },
        { idempotencyKey: 'k' },
      ),
    );
    await expect.poll(() => started.mock.calls.length, patient).toBe(1);
    return { whole, finish };
  };

  test('makes a call wait for another one that is still running, and gives it that one’s result', async () => {
    const first = await running();
    const callback = never();
    const second = later(binding.transaction(callback, { idempotencyKey: 'k' }));
    const waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
    await expect.poll(() => stage.server.admin(waits), patient).toMatchObject([{ Value: '1' }]);
    first.finish();
    expect(await Promise.all([first.whole, second])).toEqual(['first', 'first']);
    expect(callback).not.toHaveBeenCalled();
    expect(await stage.rows()).toEqual([1]);
  });

  test.each([
    ['throws on', (error: unknown) => Promise.reject(error)],
    ['swallows', async () => undefined],
  ])(
    'that another call has used by the time a lost transaction begins again gives that one’s result, also where the callback %s the error',
    async (_what, handle) => {
      const other = stage.closing(create({ connection: { ...stage.direct(), connectionLimit: 1 } }));
      const mine = open({ minTimeout: 0, maxTimeout: 0 });
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const callback = vi.fn<LedgerCallback<unknown>>(async (tx) => {
        await held;
        await tx.insert(1).catch(handle);
        return 'ours';
      });
      const work = mine.transaction(callback, { idempotencyKey: 'order-42' });
      await expect.poll(() => callback.mock.calls.length, patient).toBe(1);
      for (const thread of await stage.server.threads('app')) await stage.server.killThread(thread);
      const theirs: LedgerCallback<unknown> = (tx) => tx.insert(2).then(() => 'theirs');
      expect(await other.transaction(theirs, { idempotencyKey: 'order-42' })).toBe('theirs');
      goOn();
      expect(await work).toBe('theirs');
      expect(callback).toHaveBeenCalledOnce();
      expect(await stage.rows()).toEqual([2]);
    },
  );

  test('that somebody else holds for longer than the deadline is given up, and nothing was executed', async () => {
    const first = await running();
    const callback = never();
    const impatient = open({ maxRetryTime: 700 });
    const error = await failureOf(impatient.transaction(callback, { idempotencyKey: 'k' }));
    expect(error).not.toBeInstanceOf(OutcomeUnknownError);
    expect(['not-executed', 'rolled-back']).toContain(classify(error).outcome);
    expect(callback).not.toHaveBeenCalled();
    first.finish();
    expect(await first.whole).toBe('first');
    expect(await stage.rows()).toEqual([1]);
  });

  const committing = [
    ['DDL', ['CREATE TABLE IF NOT EXISTS stage_ddl (id INT)']],
    ['TRUNCATE', ['TRUNCATE TABLE stage_keyed']],
    ['COMMIT', ['COMMIT']],
  ] as const;

  test.each(committing)('is not needed for that to be unknown: %s, with exactlyOnce alone', async (_what, ending) => {
    let runs = 0;
    const error = await failureOf(
      binding.transaction(
        async (tx) => {
          runs += 1;
          await tx.insert(1);
          for (const statement of ending) await tx.run(statement);
        },
        { exactlyOnce: true },
      ),
    );
    // Through Prisma the same comes as the cause.
    const isPrisma = name === 'Prisma';
    expect(error).toBeInstanceOf(isPrisma ? OutcomeUnknownError : LedgerError);
    expect(isPrisma ? error.cause : error).toBeInstanceOf(LedgerError);
    expect(classify(error)).toMatchObject({ outcome: 'unknown' });
    expect(runs).toBe(1);
    expect(await stage.rows()).toEqual([1]);
    await stage.server.admin('DROP TABLE IF EXISTS stage_ddl');
  });

  test.each(committing)(
    'is refused to the next call when a callback has committed by %s, for nobody knows how much of it',
    async (_what, ending) => {
      const work = later(
        binding.transaction(
          async (tx) => {
            await tx.insert(1);
            for (const statement of ending) await tx.run(statement);
            // What could not be stored is not said to be uncommitted.
            return 1n;
          },
          { idempotencyKey: 'k' },
        ),
      );
      const error = await failureOf(work);
      expect(error).toBeInstanceOf(LedgerError);
      expect(error.message).toMatch(/has ended its transaction, or may have.*may have been committed/);
      expect(classify(error)).toMatchObject({ outcome: 'unknown', transient: false });
      expect(await stage.rows()).toEqual([1]);
      const callback = never();
      const next = await failureOf(binding.transaction(callback, { idempotencyKey: 'k' }));
      expect(next).toBeInstanceOf(OutcomeUnknownError);
      expect(next.cause).toBeInstanceOf(LedgerError);
      expect(classify(next).outcome).toBe('unknown');
      expect(callback).not.toHaveBeenCalled();
      await stage.server.admin('DROP TABLE IF EXISTS stage_ddl');
    },
  );
});

describe('an idempotencyKey', unhurried, () => {
  const stage = useStage('ledger-processes');

  test('of eight processes at once lets one of them run, and gives all of them its result', async () => {
    const url = stage.server.url();
    await stage.server.admin('DROP TABLE IF EXISTS gone_away_ledger');
    const children = Array.from({ length: 8 }, (_, index) => {
      const child = spawn(process.execPath, ['--import', 'tsx', keyedProcess, url, String(index)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      return { child, closed: once(child, 'close'), output: () => output };
    });
    stage.after(async () => {
      for (const { child } of children) child.kill('SIGKILL');
    });
    // Each says when it is ready, and begins at a word.
    const ready = () => children.every(({ output }) => output().includes('ready'));
    await expect.poll(ready, { ...patient, timeout: 45_000 }).toBe(true);
    for (const { child } of children) child.stdin.end('go\n');
    await Promise.all(children.map(({ closed }) => closed));
    const answers = children.map(({ output }) => JSON.parse(output().split('\n')[1] ?? '') as unknown);
    const [row, ...others] = await stage.rows();
    expect(others).toEqual([]);
    expect(answers).toEqual(Array(8).fill({ by: row }));
    expect((await ledgerOf(stage)).map(({ state }) => state)).toEqual(['committed', 'result']);
  });
});

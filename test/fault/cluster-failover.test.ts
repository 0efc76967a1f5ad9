import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createConnection } from 'mysql2/promise';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLedger } from '../../adapters/mysql2/index.ts';
import {
  NotCommittedError,
  OutcomeUnknownError,
  type ResilienceOptions,
  type SessionKilledEvent,
} from '../../src/index.ts';
import { createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { failureOf, later, told, warm } from '../contract/outcome.ts';
import { findMariadb } from '../support/cluster/find-mariadb.ts';
import { stageRowsOf } from '../support/cluster/stage-rows.ts';
import { useCleanups } from '../support/cluster/use-cleanups.ts';
import { useReplicationPair } from '../support/cluster/use-replication-pair.ts';
import { titleOf, whyNot } from '../support/cluster/why-not.ts';
import { type LedgerBinding, type LedgerCallback, ledgerBindings } from '../support/ledger/bindings.ts';
import { isCommit } from '../support/ledger/stage-ledger.ts';
import { patient, unhurried } from '../support/stage.ts';

const missing = await whyNot(findMariadb);
const title = titleOf('a failover to an asynchronous replica', missing);

describe(title, { ...unhurried, skip: missing !== undefined }, () => {
  const cleanups = useCleanups();
  const { afterwards, closing } = cleanups;
  const stage = useReplicationPair('failover', cleanups);
  afterEach(async () => {
    const { nodes } = stage.pair;
    for (const node of nodes) await node.thaw();
    if (nodes.some((node) => !node.running)) await stage.pair.rejoin();
  });

  /** The primary dies under its clients, and the address moves. */
  const failOver = async () => {
    await stage.pair.failover();
    stage.address.pointTo(stage.pair.primary);
  };

  /** The next COMMIT is executed by the primary; before its answer can reach anybody, `event` happens, and the answer is lost. */
  const atCommit = (event: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      let committing: number | undefined;
      const stop = stage.address.proxy.onClientData((chunk, connection) => {
        if (!isCommit(chunk)) return 'forward';
        stop();
        committing = connection.id;
        return 'forward';
      });
      const stopAnswers = stage.address.proxy.onServerData((_, connection) => {
        if (connection.id !== committing) return 'forward';
        stopAnswers();
        // What the server says of its own end is not to be heard either.
        connection.silence();
        event().then(() => {
          connection.reset();
          resolve();
        }, reject);
        return 'swallow';
      });
    });

  test('is told to writers as it is: acknowledged, or unknown; none is applied twice', async () => {
    const binding = closing(createPromiseBinding({ connection: stage.address.connection() }));
    const answers = new Map<number, string>();
    let over = false;
    const writer = async (first: number) => {
      for (let id = first, last = false; !last; id += 1) {
        last = over;
        answers.set(id, await told(binding.insert(id)));
      }
    };
    const writers = later(Promise.all([100_000, 200_000, 300_000, 400_000].map(writer)));
    await expect.poll(() => answers.size, patient).toBeGreaterThan(50);
    await failOver();
    const before = new Set(answers.keys());
    over = true;
    await writers;
    const rows = await stageRowsOf(stage.pair.primary);
    expect(rows).toHaveLength(new Set(rows).size);
    // Only the tail may be missing, and that is what an asynchronous replica is.
    const lost = [...answers].filter(([id, answer]) => answer === 'applied' && !rows.includes(id));
    expect(lost.filter(([id]) => !before.has(id))).toEqual([]);
    expect([...answers.values()].filter((answer) => answer === 'applied').length).toBeGreaterThan(lost.length);
  });

  // Drizzle's transactions are those of mysql2, and each failover takes its time.
  const bindings = ledgerBindings.filter(({ name }) => name !== 'Drizzle');

  describe.each(bindings)('exactlyOnce, with $name', ({ create }) => {
    const open = (policy?: ResilienceOptions): LedgerBinding =>
      closing(create({ connection: { ...stage.address.connection(), connectionLimit: 3 }, ...(policy && { policy }) }));
    const insertOne = () => vi.fn<LedgerCallback<string>>((tx) => tx.insert(1).then(() => 'done'));
    const withLedger = async (policy?: ResilienceOptions) => {
      const binding = open(policy);
      await createLedger(binding.pool);
      await stage.pair.caughtUp();
      return binding;
    };

    test('returns the result of a COMMIT that had reached the replica, and does not run the callback again', async () => {
      const binding = await withLedger();
      const lost = atCommit(async () => {
        await stage.pair.caughtUp();
        await failOver();
      });
      const callback = insertOne();
      expect(await binding.transaction(callback, { exactlyOnce: true })).toBe('done');
      await lost;
      expect(callback).toHaveBeenCalledOnce();
      expect(await stageRowsOf(stage.pair.primary)).toEqual([1]);
    });

    test('runs the callback again when the COMMIT was lost with the tail', async () => {
      const binding = await withLedger();
      await stage.pair.pause();
      const lost = atCommit(failOver);
      const callback = insertOne();
      expect(await binding.transaction(callback, { exactlyOnce: true })).toBe('done');
      await lost;
      expect(callback).toHaveBeenCalledTimes(2);
      expect(await stageRowsOf(stage.pair.primary)).toEqual([1]);
      await stage.pair.rejoin();
      expect(await stageRowsOf(stage.pair.replica)).toEqual([1]);
    });

    test('says that a COMMIT was not applied that was lost with the tail, where nothing may be retried', async () => {
      const binding = await withLedger({ retries: 0 });
      await stage.pair.pause();
      const lost = atCommit(failOver);
      expect(await failureOf(binding.transaction(insertOne(), { exactlyOnce: true }))).toBeInstanceOf(
        NotCommittedError,
      );
      await lost;
      expect(await stageRowsOf(stage.pair.primary)).toEqual([]);
    });
  });

  test('ends a statement whose server is silent, when the address has moved to another one, and reads there', async () => {
    const policy = { watch: { after: 300, timeout: 4_000 } };
    const binding = closing(createPromiseBinding({ connection: stage.address.connection(), policy }));
    const { primary } = stage.pair;
    await warm(binding, 1);
    const locker = await createConnection(primary.connectionOptions('root'));
    afterwards(async () => locker.destroy());
    await locker.query('LOCK TABLES app.stage_rows WRITE');
    const write = later(binding.insert(1));
    const read = later(binding.read());
    // Long enough for both to have been seen there.
    const waiting =
      "SELECT 1 FROM information_schema.processlist WHERE user = 'app' AND command = 'Query' AND time > 0";
    await expect.poll(() => primary.admin(waiting), patient).toHaveLength(2);
    await primary.freeze();
    stage.address.pointTo(stage.pair.replica);
    expect(await failureOf(write)).toBeInstanceOf(OutcomeUnknownError);
    expect(await read).toEqual([]);
  });

  test('waits for a slow statement on one of the servers that an address stands for in turn', async () => {
    const policy = { watch: { after: 300, timeout: 2_000 } };
    const binding = closing(createPromiseBinding({ connection: stage.address.connection(), policy }));
    const { primary, replica } = stage.pair;
    await warm(binding, 1);
    const slow = later(binding.select('SLEEP(3)'));
    const running =
      "SELECT 1 FROM information_schema.processlist WHERE user = 'app' AND command = 'Query' AND time > 0";
    await expect.poll(() => primary.admin(running), patient).toHaveLength(1);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
      stage.address.pointTo(turns % 2 === 0 ? primary : replica);
    }, 70);
    afterwards(async () => clearInterval(turning));
    expect(await slow).toBe(0);
  });

  test('does not stop a stranger on the new primary who has the number of a lost session', async () => {
    const results: unknown[] = [];
    const listener = (event: unknown) => results.push((event as SessionKilledEvent).result);
    subscribe('gone-away:session-killed', listener);
    afterwards(async () => unsubscribe('gone-away:session-killed', listener));
    const binding = closing(
      createPromiseBinding({
        connection: stage.address.connection(),
        connectionLimit: 1,
        policy: { attemptTimeout: 500 },
      }),
    );
    await warm(binding, 1);
    const [lostId = 0] = await stage.pair.primary.threads();
    const stranger = await connectionNumbered(lostId);
    await stage.pair.primary.freeze();
    stage.address.pointTo(stage.pair.replica);
    const write = later(binding.with({ idempotent: true }).upsertIdempotently(1));
    expect(await failureOf(write)).toBeInstanceOf(OutcomeUnknownError);
    expect(results).toEqual(['not-ours']);
    await expect(stranger.query('SELECT 1')).resolves.toBeDefined();
  });

  /** A connection of the same user to the replica, with this number there. */
  const connectionNumbered = async (id: number) => {
    for (;;) {
      const connection = await createConnection(stage.pair.replica.connectionOptions());
      afterwards(async () => connection.destroy());
      if (connection.threadId === id) return connection;
      if (connection.threadId > id) throw new Error(`the replica is at ${connection.threadId}, beyond ${id}`);
      connection.destroy();
    }
  };
});

import { type Connection, createConnection, createPool, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { withResilience } from '../../adapters/mysql2/index.ts';
import { later } from '../contract/outcome.ts';
import { notOurs } from '../support/server/server.ts';
import { patient, unhurried, useStage } from '../support/stage.ts';

const groups = 2;
const mostWorkers = 4;
const threadPool = [
  '--thread-handling=pool-of-threads',
  `--thread-pool-size=${groups}`,
  `--thread-pool-max-threads=${mostWorkers}`,
];

describe('a server with a thread pool, whose workers are all at work', unhurried, () => {
  const stage = useStage('thread-pool');

  /** Sessions are spread over the groups by their ids. */
  async function openInGroup(group: number): Promise<Connection> {
    for (;;) {
      const connection = await createConnection(stage.direct());
      stage.after(async () => connection.destroy());
      if (connection.threadId % groups === group) return connection;
      connection.destroy();
    }
  }

  test('has not read a statement that waits for one: it is waited for, and answered', async ({ skip }) => {
    skip(...notOurs(stage.server));
    skip(stage.server.kind !== 'mariadb', 'this server has no thread pool');
    await stage.server.restart({ flags: threadPool });
    stage.after(() => stage.server.restart({ flags: [] }));
    const pool = stage.closing(
      withResilience(createPool({ ...stage.direct(), connectionLimit: 1 }), { watch: { after: 150, timeout: 20_000 } }),
    );
    const [[{ id }]] = (await pool.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id')) as unknown as [
      [{ id: number }],
    ];
    const busy = await Promise.all(Array.from({ length: mostWorkers }, () => openInGroup(id % groups)));
    const work = busy.map((connection) => later(connection.query('SELECT SLEEP(3)')));
    const workers = "SHOW GLOBAL STATUS LIKE 'Threadpool_threads'";
    await expect.poll(() => stage.server.admin(workers), patient).toMatchObject([{ Value: String(mostWorkers) }]);
    const [result] = await pool.query('INSERT INTO stage_rows (id) VALUES (1)');
    expect(result).toMatchObject({ affectedRows: 1 });
    expect(await stage.rows()).toEqual([1]);
    await Promise.all(work);
  });
});

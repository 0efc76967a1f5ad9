import type { Server } from '../server/server.ts';
import { withConnection } from '../server/server-admin.ts';
import { stageTables } from '../stage.ts';

/** Empty tables, made on the server that is to be written to; the others of its cluster get them from it. */
export async function resetStageTables(server: Server): Promise<void> {
  await withConnection(server.connectionOptions('root'), async (root) => {
    for (const table of ['stage_rows', 'stage_keyed', 'gone_away_ledger']) {
      await root.query(`DROP TABLE IF EXISTS app.${table}`);
    }
    for (const table of stageTables) await root.query(table);
  });
}

/** The ids in `stage_rows` as root sees them on this server, in the order of their insertion. */
export async function stageRowsOf(server: Server): Promise<readonly number[]> {
  const rows = await server.admin<readonly { id: number }[]>('SELECT id FROM app.stage_rows ORDER BY seq');
  return rows.map(({ id }) => id);
}

import type { RowDataPacket } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { modeSettings } from '../support/session-settings.ts';
import { unhurried, useStage } from '../support/stage.ts';

const insertOne = 'INSERT INTO stage_rows (id) VALUES (1)';

describe('the mode of transactions is what the text of a SET says', unhurried, () => {
  const stage = useStage('settings');

  test.each(modeSettings)('%j: %s', async (sql, accessMode) => {
    const connection = stage.closing(await createConnection(stage.direct()));
    const [[found]] = await connection.query<RowDataPacket[]>(
      "SHOW VARIABLES WHERE variable_name IN ('transaction_read_only', 'tx_read_only')",
    );
    const name = String(found?.Variable_name);
    const value = async () =>
      (await connection.query<RowDataPacket[]>(`SELECT @@session.${name} AS value`))[0][0]?.value;
    const canWrite = () =>
      connection.query(insertOne).then(
        () => true,
        () => false,
      );
    for (const before of [0, 1]) {
      await connection.query(`SET SESSION ${name} = ${before}`);
      await connection.query(sql.replaceAll('$', name));
      if (accessMode === 'unsure') continue;
      if (accessMode?.startsWith('next-') === true) {
        expect(await canWrite()).toBe(accessMode === 'next-read-write');
        expect(await value()).toBe(before);
      } else {
        await connection.query('COMMIT');
        expect(await value()).toBe(accessMode === undefined ? before : Number(accessMode === 'read-only'));
      }
      await connection.query('ROLLBACK');
    }
  });
});

import type { Readable } from 'node:stream';
import type { Query } from 'mysql2';

export async function readAll(stream: Readable): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

/** As events, without a stream. */
export function readEvents(query: Query): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = [];
    query
      .on('error', reject)
      .on('result', (row: unknown) => rows.push(row))
      .on('end', () => resolve(rows));
  });
}

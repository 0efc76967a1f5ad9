import { clusterRows } from './cluster-rows.ts';
import { type ErrorRow, type RowsByGroup, rowGroups } from './error-row.ts';
import { mariadbConnectorRows } from './mariadb-connector-rows.ts';
import { mysqlClientRows } from './mysql-client-rows.ts';
import { mysqlRows } from './mysql-rows.ts';
import { mysql2Rows } from './mysql2-rows.ts';
import { nodeRows } from './node-rows.ts';
import { ownRows } from './own-rows.ts';

/** In the order in which they win within a group. */
const origins: readonly RowsByGroup[] = [
  ownRows,
  mysql2Rows,
  mariadbConnectorRows,
  clusterRows,
  mysqlRows,
  mysqlClientRows,
  nodeRows,
];

/** All rows but Prisma's. The first one that matches wins. */
export const errorRows: readonly ErrorRow[] = rowGroups.flatMap((group) =>
  origins.flatMap((origin) => origin[group] ?? []),
);

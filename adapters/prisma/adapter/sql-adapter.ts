import { timers } from '../../../src/internal.ts';
import type { ResilientClient, StatementRoom } from '../../mysql2/binding.ts';
import { LeaseClient, statementRoomOf } from '../../mysql2/binding.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { clientForCall, currentCall, GivenUpError } from '../bridge/call-scope.ts';
import { markSettledByPool } from '../bridge/settled.ts';
import { toPrismaError } from '../errors/to-prisma-error.ts';
import { beginTransaction } from './adapter-transaction.ts';
import type {
  ConnectionInfo,
  IsolationLevel,
  SqlDriverAdapter,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from './prisma-interface.ts';
import { splitScript } from './split-script.ts';
import { countRows, queryRows, type Send } from './statement.ts';

/** What Prisma works on: statements outside a transaction are retried as the policy and the evidence allow. */
export class SqlAdapter implements SqlDriverAdapter {
  readonly provider: 'mysql' = adapterInfo.provider;
  readonly adapterName: string = adapterInfo.adapterName;
  readonly #client: ResilientClient;
  readonly #info: ConnectionInfo;
  readonly #close: () => Promise<void>;
  readonly #send: Send;
  readonly #room: StatementRoom;

  /** @param close ends what was made for this adapter alone */
  constructor(client: ResilientClient, info: ConnectionInfo, close: () => Promise<void>) {
    this.#client = client;
    this.#info = info;
    this.#close = close;
    this.#room = statementRoomOf(client.core);
    this.#send = (method, sql, values) => clientForCall(client).run(method, sql, values);
  }

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    try {
      return await queryRows(query, this.#send, this.#room);
    } catch (error) {
      throw toPrismaError(error instanceof GivenUpError ? error : markSettledByPool(error));
    }
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    try {
      return await countRows(query, this.#send, this.#room);
    } catch (error) {
      throw toPrismaError(error instanceof GivenUpError ? error : markSettledByPool(error));
    }
  }

  /** One after the other on one connection, which is then destroyed: a script may leave anything behind in its session. */
  async executeScript(script: string): Promise<void> {
    try {
      const lease = await this.#client.lease();
      const client = new LeaseClient(lease, this.#client.policy);
      try {
        for (const sql of splitScript(script)) await client.query(sql);
      } finally {
        lease.destroy('dirty');
      }
    } catch (error) {
      throw toPrismaError(error);
    }
  }

  async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    let client: ResilientClient;
    try {
      client = clientForCall(this.#client);
    } catch (error) {
      throw toPrismaError(error);
    }
    return beginTransaction(client, isolationLevel, currentCall());
  }

  getConnectionInfo(): ConnectionInfo {
    return { ...this.#info };
  }

  async dispose(): Promise<void> {
    // Prisma disconnects in the very turn in which it goes on with what has waited for the first connection.
    await new Promise<void>((resolve) => timers.setImmediate(resolve));
    await this.#close();
  }
}

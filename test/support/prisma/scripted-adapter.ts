import {
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type Transaction,
} from '@prisma/driver-adapter-utils';

/** What Prisma asked of its adapter, in order: SQL, or `BEGIN`, `COMMIT`, `ROLLBACK` and the savepoints. */
export type Step = string;

/** Decides what becomes of a step: nothing, or an error to throw, at once or later. */
export type Script = (step: Step, nth: number) => unknown;

/**
 * A driver adapter of somebody else, with no server behind it: it brings no evidence. Every SELECT answers with nothing, and every other
 * statement with one row. A setting is 0, as by default.
 */
export class ScriptedAdapter implements SqlDriverAdapterFactory {
  readonly provider = 'mysql';
  readonly adapterName = 'scripted';
  readonly steps: Step[] = [];
  script: Script = () => undefined;

  async connect(): Promise<SqlDriverAdapter> {
    return {
      ...this.#queryable(),
      executeScript: async () => {},
      startTransaction: async () => {
        await this.#step('BEGIN');
        return this.#transaction();
      },
      getConnectionInfo: () => ({ supportsRelationJoins: false }),
      dispose: async () => {},
    };
  }

  /** How often a step that begins with this was asked for. */
  count(prefix: string): number {
    return this.steps.filter((step) => step.startsWith(prefix)).length;
  }

  #transaction(): Transaction {
    return {
      ...this.#queryable(),
      options: { usePhantomQuery: true },
      commit: () => this.#step('COMMIT'),
      rollback: () => this.#step('ROLLBACK'),
      createSavepoint: () => this.#step('SAVEPOINT'),
      rollbackToSavepoint: () => this.#step('ROLLBACK TO'),
      releaseSavepoint: () => this.#step('RELEASE'),
    };
  }

  #queryable() {
    return {
      provider: this.provider,
      adapterName: this.adapterName,
      queryRaw: async ({ sql }: SqlQuery) => {
        await this.#step(sql);
        if (sql.startsWith('SELECT @@')) {
          return { columnNames: ['answer'], columnTypes: [ColumnTypeEnum.Int64], rows: [['0']], lastInsertId: '0' };
        }
        return { columnNames: [], columnTypes: [], rows: [], lastInsertId: '1' };
      },
      executeRaw: async ({ sql }: SqlQuery) => {
        await this.#step(sql);
        return 1;
      },
    } as const;
  }

  async #step(step: Step): Promise<void> {
    this.steps.push(step);
    const error = await this.script(step, this.count(step));
    if (error !== undefined) throw error;
  }
}

/** As adapter-mariadb answers a server's number. */
export function numbered(errno: number, message = 'as the server says'): Error {
  const original = { originalCode: String(errno), originalMessage: message };
  return new DriverAdapterError({ kind: 'mysql', ...original, code: errno, message, state: 'HY000' });
}

/** As every driver answers a connection that was lost with something in flight. */
export function lost(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });
}

/** As every driver answers where no connection could be made. */
export function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' });
}

/** As adapter-mariadb answers a command on a connection that it knows to be lost, whatever was lost with it. */
export function closed(): Error {
  return numbered(45013, 'Cannot execute new commands: connection closed');
}

/** Fails the steps that begin with `prefix`, so many times. */
export function failing(prefix: string, error: () => unknown, times = 1): Script {
  let left = times;
  return (step) => {
    if (!step.startsWith(prefix) || left === 0) return undefined;
    left -= 1;
    return error();
  };
}

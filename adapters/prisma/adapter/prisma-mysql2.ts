import { randomUUID } from 'node:crypto';
import type { Pool as CallbackPool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { type ResilienceOptions, type RetryPolicy, retryPolicy } from '../../../src/internal.ts';
import {
  connectionOptionsOf,
  createClient,
  credentialsOf,
  databaseOf,
  describeSource,
  type PoolRecipe,
  poolRecipe,
  ResilientClient,
  type ResilientPoolOptions,
  registeredClient,
} from '../../mysql2/binding.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { clientForQuestion } from '../bridge/call-scope.ts';
import { registerFirstQuestion } from '../bridge/first-question.ts';
import { toPrismaError } from '../errors/to-prisma-error.ts';
import { connectionInfo } from './capabilities.ts';
import { type OpenedPool, openPool, sharedPool } from './opened-pool.ts';
import { hasTypedParameters, oldestMysql2 } from './parameter.ts';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from './prisma-interface.ts';
import { ServerQuestion } from './server-question.ts';
import { SqlAdapter } from './sql-adapter.ts';

export interface PrismaMySQL2Options {
  /** What is retried, and for how long. Default: that of the pool, if it was wrapped with `withResilience()`; else the defaults. */
  readonly policy?: ResilienceOptions | RetryPolicy | undefined;
  /** The database to name in front of every table. Default: none, so that each connection's own database is meant. */
  readonly schemaName?: string | undefined;
}

/**
 * Prisma on a pool of mysql2, with the guarantees of `gone-away/mysql2`: `new PrismaClient({ adapter: new PrismaMySQL2(pool) })`.
 *
 * Statements outside a transaction are retried where the evidence says that it is safe; a transaction that is lost before its first
 * statement begins again; a transaction whose COMMIT was sent and not answered is an OutcomeUnknownError.
 */
export class PrismaMySQL2 implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider: 'mysql' = adapterInfo.provider;
  readonly adapterName: string = adapterInfo.adapterName;
  readonly #source: Source;
  readonly #policy: RetryPolicy | undefined;
  readonly #schemaName: string | undefined;
  readonly #question = new ServerQuestion();
  /** What has been opened, and is nobody's yet. */
  #opened: Opened | undefined;

  /**
   * @param pool a pool of mysql2, of either kind, also one that `withResilience()` has wrapped: it is shared, and stays open when Prisma
   *   disconnects. Or the options or the URL to make one from, which is ended then.
   * @throws TypeError when this is no pool, when no database is named, when its URL or `credentials` cannot be read, or an option of the policy is wrong
   */
  constructor(pool: PromisePool | CallbackPool | ResilientPoolOptions | string, options: PrismaMySQL2Options = {}) {
    if (!hasTypedParameters()) throw new TypeError(`PrismaMySQL2 needs mysql2 ${oldestMysql2} or later`);
    const { policy, schemaName } = expectOptions(options);
    this.#policy = policy === undefined ? undefined : retryPolicy(policy);
    this.#schemaName = schemaName;
    this.#source = sourceOf(pool, this.#policy, schemaName !== undefined);
    const question = this.#question;
    registerFirstQuestion(this, {
      get isAnswered() {
        return question.answer !== undefined;
      },
      ask: (start) => this.#ask(start),
    });
  }

  /** @throws DriverAdapterError when the server cannot be reached: what it can do has to be known first */
  async connect(): Promise<SqlDriverAdapter> {
    const opened = this.#enter();
    try {
      // For everybody who has called meanwhile: the options of a single call are not for this.
      await this.#question.askForAll(opened.pool.client);
    } catch (error) {
      this.#leave(opened);
      throw toPrismaError(error);
    }
    const pool = this.#take(opened);
    this.#leave(opened);
    return this.#adapterOn(pool.client, pool.close);
  }

  /** A new and empty database on the same server, which `dispose()` drops. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const main = await this.connect();
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    const source = this.#source;
    const recipe = source instanceof ResilientClient ? recipeOf(source.pool) : source;
    await main.executeScript(`CREATE DATABASE \`${database}\``);
    const pool = openPool({ ...recipe, options: { ...recipe.options, database } }, this.#policy);
    return this.#adapterOn(pool.client, async () => {
      await pool.close();
      await main.executeScript(`DROP DATABASE \`${database}\``);
      await main.dispose();
    });
  }

  #adapterOn(client: ResilientClient, close: () => Promise<void>): SqlDriverAdapter {
    return new SqlAdapter(client, connectionInfo(this.#question.answer ?? '', this.#schemaName), close);
  }

  async #ask(start: AbortSignal | undefined): Promise<() => void> {
    const opened = this.#enter();
    try {
      await this.#question.ask(clientForQuestion(opened.pool.client), start);
    } catch (error) {
      this.#leave(opened);
      throw error;
    }
    return () => this.#leave(opened);
  }

  /** All who ask at the same time do so on one pool: that of the adapter which comes of it. */
  #enter(): Opened {
    this.#opened ??= { pool: this.#open(), users: 0, isTaken: false };
    this.#opened.users += 1;
    return this.#opened;
  }

  #open(): OpenedPool {
    const source = this.#source;
    return source instanceof ResilientClient ? sharedPool(source) : openPool(source, this.#policy);
  }

  /** Two clients of Prisma may have one factory: each of them ends its own pool. */
  #take(opened: Opened): OpenedPool {
    if (opened.isTaken) return this.#open();
    opened.isTaken = true;
    if (this.#opened === opened) this.#opened = undefined;
    return opened.pool;
  }

  #leave(opened: Opened): void {
    opened.users -= 1;
    if (opened.users > 0 || opened.isTaken) return;
    this.#opened = undefined;
    opened.pool.abandon();
  }
}

/** A pool on which somebody asks what its server can do. */
interface Opened {
  readonly pool: OpenedPool;
  users: number;
  /** It is an adapter's, which ends it. */
  isTaken: boolean;
}

/** To reach the same server as the same user. */
function recipeOf(pool: CallbackPool): PoolRecipe {
  const source = credentialsOf(pool);
  return { options: connectionOptionsOf(pool), limits: {}, credentials: source && (() => source.ask()) };
}

/** A policy that is not in its place would mean nothing, and nobody would notice. */
function expectOptions(options: unknown): PrismaMySQL2Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError('Expected the options of PrismaMySQL2 to be an object: { policy, schemaName }');
  for (const name of Object.keys(options)) {
    if (name === 'credentials')
      throw new TypeError(
        'Unexpected option `credentials`: it belongs to the options of the pool, as in new PrismaMySQL2({ uri, credentials })',
      );
    if (name !== 'policy' && name !== 'schemaName')
      throw new TypeError(
        `Unknown option \`${name.slice(0, 40)}\` of PrismaMySQL2; expected one of: policy, schemaName (what is retried goes into \`policy\`)`,
      );
  }
  const { schemaName } = options as PrismaMySQL2Options;
  if (schemaName !== undefined && (typeof schemaName !== 'string' || !/^[^`\0]{1,64}$/.test(schemaName)))
    throw new TypeError('Expected `schemaName` to be the name of a database: 1 to 64 characters, no backticks');
  return options;
}

type Source = ResilientClient | PoolRecipe;

function sourceOf(pool: unknown, policy: RetryPolicy | undefined, namesDatabase: boolean): Source {
  const recipe = poolRecipe(pool);
  const wrapped = policy === undefined ? registeredClient(pool) : undefined;
  const source = recipe ?? wrapped ?? createClient(pool, policy ?? retryPolicy());
  if (source === undefined)
    throw new TypeError(
      `Expected a pool of mysql2 (from createPool), options for one, or a URL, got ${describeSource(pool)}`,
    );
  const database = source instanceof ResilientClient ? databaseOf(source.pool) : source.options.database;
  if (!database && !namesDatabase) {
    throw new TypeError(
      'Expected a database: mysql://user:password@host:3306/database, or the option `database` of the pool',
    );
  }
  return source;
}

import { randomUUID } from 'node:crypto';
import type { Pool as CallbackPool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { type ResilienceOptions, type RetryPolicy, retryPolicy, stuckAfter, timers } from '../../../src/internal.ts';
import {
  connectionOptionsOf,
  createClient,
  credentialsOf,
  cutConnections,
  databaseOf,
  describeSource,
  makePool,
  type PoolRecipe,
  policyFor,
  poolRecipe,
  ResilientClient,
  type ResilientPoolOptions,
  registeredClient,
  statementRoomOf,
} from '../../mysql2/binding.ts';
import { adapterInfo } from '../bridge/adapter-info.ts';
import { toPrismaError } from '../errors/to-prisma-error.ts';
import { connectionInfo } from './capabilities.ts';
import { hasTypedParameters, oldestMysql2 } from './parameter.ts';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from './prisma-interface.ts';
import { SqlAdapter } from './sql-adapter.ts';
import { queryRows } from './statement.ts';

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
  #version: string | undefined;

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
  }

  /** @throws DriverAdapterError when the server cannot be reached: what it can do has to be known first */
  async connect(): Promise<SqlDriverAdapter> {
    const source = this.#source;
    return source instanceof ResilientClient ? this.#connectPool(source, async () => {}) : this.#connectOwnPool(source);
  }

  /** A new and empty database on the same server, which `dispose()` drops. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const main = await this.connect();
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    const source = this.#source;
    const recipe = source instanceof ResilientClient ? recipeOf(source.pool) : source;
    await main.executeScript(`CREATE DATABASE \`${database}\``);
    return this.#connectOwnPool({ ...recipe, options: { ...recipe.options, database } }, async () => {
      await main.executeScript(`DROP DATABASE \`${database}\``);
      await main.dispose();
    });
  }

  async #connectOwnPool(
    recipe: PoolRecipe,
    afterwards: () => Promise<void> = async () => {},
  ): Promise<SqlDriverAdapter> {
    const pool = makePool(recipe);
    const client = createClient(pool, policyFor(recipe, this.#policy)) as ResilientClient;
    const close = async () => {
      await endPool(pool, client);
      await afterwards();
    };
    try {
      return await this.#connectPool(client, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async #connectPool(client: ResilientClient, close: () => Promise<void>): Promise<SqlDriverAdapter> {
    try {
      this.#version ??= await versionOf(client);
    } catch (error) {
      throw toPrismaError(error);
    }
    return new SqlAdapter(client, connectionInfo(this.#version, this.#schemaName), close);
  }
}

/** To reach the same server as the same user. */
function recipeOf(pool: CallbackPool): PoolRecipe {
  const source = credentialsOf(pool);
  return { options: connectionOptionsOf(pool), limits: {}, credentials: source && (() => source.ask()) };
}

/** Waits for what is still running, as mysql2 does, but not for ever: a server that is frozen or cut off would never let go. */
async function endPool(pool: PromisePool, client: ResilientClient): Promise<void> {
  const timer = timers.setTimeout(() => cutConnections(client.pool), stuckAfter(client.policy));
  try {
    await pool.end();
  } catch {
    // A connection that cannot be closed in good order is closed all the same.
  } finally {
    timers.clearTimeout(timer);
  }
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

async function versionOf(client: ResilientClient): Promise<string> {
  const query = { sql: 'SELECT VERSION()', args: [], argTypes: [] };
  const { rows } = await queryRows(
    query,
    (method, sql, values) => client.run(method, sql, values),
    statementRoomOf(client.core),
  );
  return String(rows[0]?.[0] ?? '');
}

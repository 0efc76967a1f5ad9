import { createPool, type Pool } from 'mysql2/promise';
import { connectTimeoutOf, corePoolOf } from '../driver/pool.ts';
import { CredentialSource } from './credential-source.ts';
import { useCredentials } from './pool-credentials.ts';
import type { PoolRecipe } from './pool-recipe.ts';

/** A pool of mysql2 whose connections log in as the recipe says. */
export function makePool({ options, credentials }: PoolRecipe): Pool {
  const pool = createPool(options);
  const core = credentials === undefined ? undefined : corePoolOf(pool);
  if (core !== undefined && credentials !== undefined) {
    useCredentials(core, new CredentialSource(credentials, connectTimeoutOf(core)));
  }
  return pool;
}

import type { Group } from '../plan.ts';
import type { Open, Recipes } from './contender.ts';

/** Loaded when it is their turn: what one group takes is no burden for another. */
const recipes: { readonly [G in Group]: () => Promise<Recipes<G>> } = {
  mysql2: async () => (await import('./mysql2.ts')).mysql2Recipes,
  drizzle: async () => (await import('./drizzle.ts')).drizzleRecipes,
  prisma: async () => (await import('./prisma.ts')).prismaRecipes,
  kysely: async () => (await import('./kysely.ts')).kyselyRecipes,
};

export async function recipesOf(group: Group): Promise<Readonly<Record<string, Open>>> {
  return await recipes[group]();
}

import type { CreateBinding } from '../../contract/binding.ts';
import { createDrizzleBinding } from '../../contract/bindings/drizzle.ts';
import { createPromiseBinding } from '../../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../../contract/bindings/prisma.ts';

/** Everybody who is tried on clusters: all of them stand on the same pool. */
export const clusterBindings: readonly { readonly name: string; readonly create: CreateBinding }[] = [
  { name: 'mysql2', create: createPromiseBinding },
  { name: 'Drizzle', create: createDrizzleBinding },
  { name: 'Prisma', create: createPrismaBinding },
];

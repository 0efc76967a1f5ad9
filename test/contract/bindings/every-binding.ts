import type { CreateBinding } from '../binding.ts';
import { createDrizzleBinding } from './drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from './mysql2.ts';
import { createForeignBinding, createPrismaBinding } from './prisma.ts';

interface NamedBinding {
  readonly name: string;
  readonly create: CreateBinding;
}

/** Whoever stands on a pool of mysql2. */
export const bindingsOnMysql2: readonly NamedBinding[] = [
  { name: 'a promise pool of mysql2', create: createPromiseBinding },
  { name: 'a callback pool of mysql2', create: createCallbackBinding },
  { name: 'Drizzle', create: createDrizzleBinding },
  { name: 'Prisma', create: createPrismaBinding },
];

export const foreignBinding: NamedBinding = { name: 'Prisma on its own adapter', create: createForeignBinding };

export const everyBinding: readonly NamedBinding[] = [...bindingsOnMysql2, foreignBinding];

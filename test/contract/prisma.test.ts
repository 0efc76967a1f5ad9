import { createPrismaBinding } from './bindings/prisma.ts';
import { describeBinding } from './describe-binding.ts';

describeBinding('Prisma', createPrismaBinding);

import { describeEveryByte } from '../bytes/every-byte.ts';

describeEveryByte(['PrismaMySQL2', '@prisma/adapter-mariadb']);

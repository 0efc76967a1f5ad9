import { describeEveryByte } from '../campaigns/cuts/every-byte.ts';

describeEveryByte(['PrismaMySQL2', '@prisma/adapter-mariadb']);

import { describeEveryByte } from '../bytes/every-byte.ts';

describeEveryByte(['Drizzle']);

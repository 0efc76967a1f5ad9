import { describeEveryByte } from '../bytes/every-byte.ts';

describeEveryByte(['mysql2']);

import { describeEveryByte } from '../campaigns/cuts/every-byte.ts';

describeEveryByte(['mysql2']);

import { describeEveryByte, type Strides } from '../bytes/every-byte.ts';

const short = { fin: 4, rst: 3, silence: 20, 'watched silence': 30 };
const long = { fin: 23, rst: 13, silence: 120, 'watched silence': 130 };

const strides: Strides = {
  'safe read': short,
  'locking read': short,
  insert: short,
  update: short,
  create: short,
  execute: short,
  'big insert': { fin: 200, rst: 150, silence: 400, 'watched silence': 400 },
  transaction: long,
  'transaction with rerun': long,
  batch: long,
  iterator: { fin: 7, rst: 5, silence: 40, 'watched silence': 50 },
  'load data': { fin: 1, rst: 1, silence: 12, 'watched silence': 30 },
  connect: long,
};

describeEveryByte(['Drizzle'], strides);

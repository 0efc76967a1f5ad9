import { describeEveryByte, type Strides } from '../bytes/every-byte.ts';

const short = { fin: 5, rst: 3, silence: 40, 'watched silence': 50 };
const long = { fin: 41, rst: 29, silence: 300, 'watched silence': 300 };

const strides: Strides = {
  'safe read': long,
  'locking read': long,
  insert: short,
  update: short,
  create: long,
  execute: short,
  'big insert': { fin: 300, rst: 200, silence: 400, 'watched silence': 400 },
  transaction: long,
  'transaction with rerun': long,
  batch: long,
  iterator: long,
  'load data': { fin: 1, rst: 1, silence: 12, 'watched silence': 30 },
  connect: long,
};

describeEveryByte(['PrismaMySQL2', '@prisma/adapter-mariadb'], strides);

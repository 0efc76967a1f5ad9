import type { Operation } from './operation.ts';

type Data = Record<string, unknown>;

const day = '2024-02-29';
const json = {
  numbers: [0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER],
  text: 'é😀"\\\n\u0000',
  nested: { a: [[], {}, null, true] },
};

/** Values at the limits of their types; each is written, read back, and looked for. */
const values: readonly Data[] = [
  { tinyInt: -128 },
  { tinyInt: 127 },
  { unsignedTinyInt: 255 },
  { smallInt: -32_768 },
  { unsignedSmallInt: 65_535 },
  { mediumInt: -8_388_608 },
  { unsignedMediumInt: 16_777_215 },
  { int: -2_147_483_648 },
  { int: 2_147_483_647 },
  { unsignedInt: 4_294_967_295 },
  { unsignedInt: 0 },
  { year: 1901 },
  { year: 2155 },
  { bigInt: -(2n ** 63n) },
  { bigInt: 2n ** 63n - 1n },
  { bigInt: 2n ** 53n + 1n },
  { unsignedBigInt: 2n ** 64n - 1n },
  { unsignedBigInt: 2n ** 63n },
  { unsignedBigInt: 0n },
  { boolean: true },
  { boolean: false },
  { bit1: true },
  { bit1: false },
  { bit64: Buffer.from('8000000000000001', 'hex') },
  { float: 0.5 },
  { float: 3.5e38 },
  { double: 1.1 },
  { double: 1.7976931348623157e308 },
  { double: 5e-324 },
  { double: -0.1 },
  { double: 901530634.5536299 },
  { decimal: '12345678901234567890123456789012345.123456789012345678901234567891' },
  { decimal: '-99999999999999999999999999999999999.999999999999999999999999999999' },
  { decimal: '0.000000000000000000000000000001' },
  { decimal: 1.1 },
  { decimal: '1e20' },
  { money: '-9999999999.99' },
  { money: '0.005' },
  { char: '' },
  { char: 'abc  ' },
  { char: 'ÄÖÜäöü€😀' },
  { varChar: 'it\'s \\ " ` \u0000 ? :name %_ \n\r\t\u001a' },
  { varChar: '😀'.repeat(191) },
  { binaryCollation: 'Straße' },
  { latin1: 'éÿ€' },
  { tinyText: 'x'.repeat(255) },
  { text: 'é'.repeat(32_767) },
  { mediumText: '€'.repeat(100_000) },
  { longText: '😀'.repeat(300_000) },
  { binary: Buffer.from([0, 1, 2, 253, 254, 255]) },
  { varBinary: Buffer.alloc(255, 0xff) },
  { varBinary: Buffer.alloc(0) },
  { tinyBlob: Buffer.from("😀?\u0000'") },
  { blob: Buffer.alloc(65_535, 0x80) },
  { mediumBlob: Buffer.alloc(300_000, 0xc3) },
  { longBlob: Buffer.alloc(1_000_000, 0x27) },
  { json },
  { json: [] },
  { json: 'text' },
  { json: 0 },
  { json: false },
  { date: new Date(day) },
  { date: new Date('1000-01-01') },
  { date: new Date('9999-12-31') },
  { time: new Date('1970-01-01T00:00:00Z') },
  { time: new Date('1970-01-01T23:59:59Z') },
  { time6: new Date('1970-01-01T12:34:56.789Z') },
  { dateTime: new Date(`${day}T12:34:56Z`) },
  { dateTime: new Date(`${day}T12:34:56.789Z`) },
  { dateTime3: new Date(`${day}T12:34:56.789Z`) },
  { dateTime6: new Date(`${day}T23:59:59.999Z`) },
  { dateTime6: new Date('1000-01-01T00:00:00Z') },
  { dateTime6: new Date('9999-12-31T23:59:59.999Z') },
  { dateTime6: new Date(`${day}T12:34:56+05:30`) },
  { dateTime6: new Date('2024-03-31T02:30:00Z') },
  { timestamp: new Date('1970-01-02T00:00:01Z') },
  { timestamp6: new Date('2038-01-19T03:14:07.999Z') },
  { colour: 'RED' },
  { colour: 'DEEP_BLUE' },
  { uuid: '2097bee5-68db-4af3-a6fe-00541fb50b1e' },
];

function label(data: Data): string {
  const [[column, value] = []] = Object.entries(data);
  const text = value instanceof Date ? value.toISOString() : value instanceof Uint8Array ? 'bytes' : String(value);
  return `${column} = ${JSON.stringify(text.slice(0, 40))} (${text.length})`;
}

/** JSON has operators of its own, and a FLOAT is no value to look for. */
const lookedForElsewhere = new Set(['json', 'float']);

export const typeOperations: readonly Operation[] = [
  ...values.map(
    (data): Operation => ({
      name: `write and read ${label(data)}`,
      run: async (prisma) => {
        const { id } = await prisma.allTypes.create({ data, select: { id: true } });
        const [column = ''] = Object.keys(data);
        const where = lookedForElsewhere.has(column) ? { id } : { id, ...data };
        return {
          read: await prisma.allTypes.findUnique({ where: { id } }),
          found: await prisma.allTypes.count({ where }),
          raw: await prisma.$queryRawUnsafe(`SELECT \`${column}\` FROM all_types WHERE id = ?`, id),
        };
      },
    }),
  ),
  {
    name: 'NULL in every column',
    run: async (prisma) => {
      await prisma.allTypes.create({ data: {} });
      return [await prisma.allTypes.findMany(), await prisma.$queryRaw`SELECT * FROM all_types`];
    },
  },
  {
    name: 'a collation decides what is equal',
    run: async (prisma) => {
      await prisma.allTypes.create({ data: { char: 'straße', varChar: 'Straße', binaryCollation: 'Straße' } });
      return Promise.all(
        ['char', 'varChar', 'binaryCollation'].map((column) =>
          prisma.allTypes.count({ where: { [column]: 'strasse' } }),
        ),
      );
    },
  },
  {
    name: 'several types in one filter, sorted and in pages',
    run: async (prisma) => {
      await prisma.allTypes.createMany({
        data: Array.from({ length: 30 }, (_, n) => ({
          int: n,
          bigInt: BigInt(n) * 2n ** 55n,
          decimal: `${n}.5`,
          dateTime6: new Date(1.7e12 + n),
          colour: n % 2 === 0 ? ('RED' as const) : ('GREEN' as const),
        })),
      });
      const where = {
        int: { in: [1, 2, 3, 4, 5, 6], not: 4 },
        bigInt: { gte: 2n ** 55n, lt: 6n * 2n ** 55n },
        decimal: { gt: 1.5 },
        dateTime6: { gt: new Date(1.7e12) },
        OR: [{ colour: 'RED' as const }, { double: null }],
      };
      return [
        await prisma.allTypes.findMany({ where, orderBy: [{ colour: 'desc' }, { int: 'desc' }], skip: 1, take: 2 }),
        await prisma.allTypes.aggregate({
          where: { int: { gt: 3 } },
          _sum: { int: true, bigInt: true, decimal: true },
          _avg: { int: true, decimal: true, bigInt: true },
          _min: { dateTime6: true, decimal: true },
          _max: { bigInt: true, colour: true },
          _count: { _all: true, double: true },
        }),
        await prisma.allTypes.groupBy({
          by: ['colour'],
          _count: true,
          _sum: { decimal: true },
          orderBy: { colour: 'asc' },
        }),
      ];
    },
  },
  {
    name: 'arithmetic in an update',
    run: async (prisma) => {
      const { id } = await prisma.allTypes.create({ data: { int: 5, bigInt: 2n ** 60n, double: 1.5, decimal: '1.1' } });
      return prisma.allTypes.update({
        where: { id },
        data: {
          int: { increment: 3 },
          bigInt: { increment: 2n ** 53n + 1n },
          double: { multiply: 3 },
        },
      });
    },
  },
];

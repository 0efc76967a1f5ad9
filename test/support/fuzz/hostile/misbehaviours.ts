import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { Misbehaviour } from '../hostile-server.ts';
import { eof, err, ok, packet, status } from './packets.ts';

/** The number that the answer would have begun with. */
function firstNumber(honest: readonly Buffer[]): number {
  return honest[0]?.[3] ?? 0;
}

const inPlace =
  (...payloads: readonly Buffer[]): Misbehaviour =>
  (honest) =>
    payloads.map((payload, index) => packet(firstNumber(honest) + index, payload));

const raw =
  (bytes: string | Buffer): Misbehaviour =>
  () => [Buffer.from(bytes as string, 'latin1')];

const whole = (honest: readonly Buffer[]): Buffer => Buffer.concat([...honest]);

/** The same packets with other bytes after the header of the one at this index (the last one with -1). */
const withPayload =
  (index: number, change: (payload: Buffer) => Buffer): Misbehaviour =>
  (honest) => {
    const at = index < 0 ? honest.length + index : Math.min(index, honest.length - 1);
    return honest.map((one, n) => (n === at ? packet(one[3] ?? 0, change(one.subarray(4))) : one));
  };

/** What servers, and things in their place, have said, each by its name. Whole conversations in the wrong protocol come first. */
export const misbehaviours: Readonly<Record<string, Misbehaviour>> = {
  'an HTTP answer': raw('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  'an SSH greeting': raw('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'),
  "Postgres's request for a password": raw('R\0\0\0\x0c\0\0\0\x05abcd'),
  'an SMTP greeting': raw('220 mail.example.org ESMTP\r\n'),
  "Redis's error": raw("-ERR unknown command 'SELECT'\r\n"),
  'a TLS alert': raw(Buffer.from('1503010002022a', 'hex')),
  'a single NUL': raw('\0'),
  '64 KB of NULs': raw(Buffer.alloc(65_536)),
  '64 KB of 0xff': raw(Buffer.alloc(65_536, 0xff)),
  'a header that promises 16 MB': raw(Buffer.from([0xff, 0xff, 0xff, 1, 0])),
  'a header that promises 5 MB': raw(Buffer.from([0x00, 0x00, 0x50, 1, 0])),
  'compressed garbage': (honest) => {
    const body = deflateSync(Buffer.alloc(200, 7)).reverse();
    return [Buffer.concat([Buffer.from([body.length, 0, 0, firstNumber(honest), 200, 0, 0]), body])];
  },
  nothing: () => [],
  'a FIN': () => ['fin'],
  'a RST': () => ['rst'],
  'an empty packet': inPlace(Buffer.alloc(0)),
  'an OK packet': inPlace(ok(status.autocommit)),
  'an OK packet that is cut off': inPlace(Buffer.from([0, 1])),
  'an OK packet with lengths that lie': inPlace(Buffer.from([0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  'an EOF packet': inPlace(eof(status.autocommit)),
  'a flood of EOF packets': (honest) => Array.from({ length: 300 }, (_, n) => packet(firstNumber(honest) + n, eof(2))),
  'the answer, then a flood of EOF packets': (honest) => [
    whole(honest),
    ...Array.from({ length: 300 }, (_, n) => packet(firstNumber(honest) + honest.length + n, eof(2))),
  ],
  'the answer twice': (honest) => [whole(honest), whole(honest)],
  'the answer, then an OK packet': (honest) => [whole(honest), packet(1, ok(status.autocommit))],
  'an OK packet, then the answer': (honest) => [packet(firstNumber(honest), ok(status.autocommit)), whole(honest)],
  'the answer without its last packet': (honest) => [...honest.slice(0, -1)],
  'the answer without its last packet, then a FIN': (honest) => [...honest.slice(0, -1), 'fin'],
  'the answer without its first packet': (honest) => [...honest.slice(1)],
  'the first packet only': (honest) => [...honest.slice(0, 1)],
  'the packets in reverse': (honest) => [...honest].reverse(),
  'one byte at a time': (honest) => [...whole(honest)].map((byte) => Buffer.from([byte])),
  'all numbers zero': (honest) => honest.map((one) => packet(0, one.subarray(4))),
  'numbers that run backwards': (honest) => honest.map((one, n) => packet(250 - n, one.subarray(4))),
  'no EOF after the columns': (honest) => honest.filter((_, n) => n !== 2),
  'a row in the place of EOF after the columns': withPayload(2, () => Buffer.from([1, 0x39])),
  'a row that is longer than its packet': withPayload(3, () => Buffer.from([0xfd, 0xff, 0xff, 0x7f])),
  'a row of an impossible length': withPayload(3, () => Buffer.from([0xff, 0xff])),
  'a row of no bytes': withPayload(3, () => Buffer.alloc(0)),
  'a column that is cut off': withPayload(1, (payload) => payload.subarray(0, 6)),
  'a column named __proto__': withPayload(1, (payload) =>
    Buffer.concat([Buffer.from('\x03def\0\0\0\x09__proto__\0', 'latin1'), payload.subarray(payload.length - 13)]),
  ),
  'a column of an unknown type': withPayload(1, (payload) =>
    Buffer.from(payload).fill(0x77, payload.length - 6, payload.length - 5),
  ),
  '65,535 columns': withPayload(0, () => Buffer.from([0xfc, 0xff, 0xff])),
  '2^64 columns': withPayload(0, () => Buffer.alloc(9, 0xff).fill(0xfe, 0, 1)),
  'a request for a local file': inPlace(Buffer.from('\xfb/etc/passwd', 'latin1')),
  'an ERR packet in the middle': (honest) => [
    ...honest.slice(0, 4),
    packet(firstNumber(honest) + 4, err(1105, 'HY000', 'Something broke')),
  ],
  'an ERR packet of three bytes': inPlace(Buffer.from([0xff, 0x10, 0x04])),
  'an ERR packet of one byte': inPlace(Buffer.from([0xff])),
  'an ERR packet that is no text': inPlace(
    err(1064, Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0]), Buffer.alloc(400, 0xff)),
  ),
  'an ERR packet of 60 KB': inPlace(err(1064, '42000', "'".repeat(60_000))),
  'an ERR packet with number 0': inPlace(err(0, '00000', 'nothing')),
  'an ERR packet with number 65535': inPlace(err(65_535, 'ZZZZZ', 'everything')),
  'a request for another way to authenticate': inPlace(Buffer.from('\xfeno_such_plugin\0salt\0', 'latin1')),
  'a request for the password in clear': inPlace(Buffer.from('\xfemysql_clear_password\0\0', 'latin1')),
  'a request for sha256_password': inPlace(Buffer.from('\xfesha256_password\0abcdefghijklmnopqrst\0', 'latin1')),
  'more data for nobody': inPlace(Buffer.from([1, 4, 4, 4])),
  'a greeting of protocol 9': inPlace(Buffer.from('\x095.0.0\0abcd', 'latin1')),
  'a greeting that is cut off': inPlace(Buffer.from('\x0a8.0', 'latin1')),
};

/** What is well-formed, and says other rows than there are: without TLS nobody can know. */
export const liesAboutRows: ReadonlySet<string> = new Set([
  'a row that is longer than its packet',
  'a row of no bytes',
  'a column of an unknown type',
]);

interface Change {
  readonly kind: 'flip' | 'insert' | 'delete' | 'cut' | 'repeat' | 'length' | 'number' | 'err';
  /** Where, as a part of the whole. */
  readonly at: number;
  readonly byte: number;
  readonly count: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('flip', 'insert', 'delete', 'cut', 'repeat', 'length', 'number', 'err'),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  byte: fc.oneof(fc.constantFrom(0, 1, 0xfb, 0xfc, 0xfd, 0xfe, 0xff), fc.nat({ max: 255 })),
  count: fc.integer({ min: 1, max: 40 }),
});

/** The answer with some of its bytes flipped, inserted, left out, cut off or repeated; other lengths, other numbers, an ERR packet in between. */
export const mangled: fc.Arbitrary<Misbehaviour> = fc
  .tuple(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    fc.constantFrom<'fin' | 'rst' | 'open'>('fin', 'rst', 'open'),
  )
  .map(([changes, ending]) =>
    Object.assign(
      (honest: readonly Buffer[]) => {
        const bytes = changes.reduce<Buffer>(apply, whole(honest));
        return ending === 'open' ? [bytes] : [bytes, ending];
      },
      { toString: () => JSON.stringify({ changes, ending }) },
    ),
  );

/** In no table. A well-formed "rolled back" that is not true nobody can tell from a true one. */
const unknownErrno = 60_000;

function apply(bytes: Buffer, { kind, at, byte, count }: Change): Buffer {
  const index = Math.floor(at * bytes.length);
  const [before, after] = [bytes.subarray(0, index), bytes.subarray(index)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (byte || 1)]), after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(count, byte), after]);
    case 'delete':
      return Buffer.concat([before, after.subarray(count)]);
    case 'cut':
      return before;
    case 'repeat':
      return Buffer.concat([bytes, after]);
    case 'err':
      return Buffer.concat([
        before,
        packet(byte, err(unknownErrno + count, 'HY000', Buffer.alloc(count, byte))),
        after,
      ]);
    case 'length':
    case 'number': {
      const copy = Buffer.from(bytes);
      const header = kind === 'length' ? byte % 3 : 3;
      if (copy.length > 3) copy[header] = byte;
      return copy;
    }
    default:
      return kind satisfies never;
  }
}

import { ByteReader } from './byte-reader.ts';

/** Flags of the handshake. Sources: MySQL, "Capabilities Flags"; MariaDB, "Connection Phase". */
const compress = 0x20;
const protocol41 = 0x200;
const tls = 0x800;
const optionalMetadata = 0x200_0000;
const zstd = 0x400_0000;
const deprecateEof = 0x100_0000;
const queryAttributes = 0x800_0000;

/** The lowest flag: without it the peer is MariaDB's, and has further flags. */
const ofMySql = 0x1;
const cachedMetadata = 0x10;

const hidden = tls | compress | zstd;

/** What one side is able to do. */
export interface Abilities {
  readonly flags: number;
  /** MariaDB's own. */
  readonly further: number;
}

/** What both sides have agreed upon, as far as it matters to whoever reads along. */
export interface Agreement {
  readonly isCompressed: boolean;
  /** A statement has its attributes in front. */
  readonly queryAttributes: boolean;
  /** No EOF packet behind definitions of columns; one of another form behind rows. */
  readonly deprecateEof: boolean;
  /** Results may come without the definitions of their columns, and say so. */
  readonly optionalMetadata: boolean;
}

/** Where the flags of a greeting are: the lower half, the upper half, and MariaDB's further ones. */
interface FlagPlaces {
  readonly lower: number;
  readonly upper: number;
  readonly further: number;
}

/** @returns undefined for what is no greeting of MySQL or MariaDB */
function findFlags(greeting: Buffer): FlagPlaces | undefined {
  if (greeting[0] !== 10) return undefined;
  const reader = new ByteReader(greeting, 1);
  reader.skipZeroEnded(); // the version
  reader.skip(4 + 8 + 1); // thread id, first part of the challenge, a zero
  const lower = reader.offset;
  reader.skip(2 + 1 + 2); // the flags, charset, status
  const upper = reader.offset;
  reader.skip(2 + 1 + 10); // the flags, length of the challenge, what is reserved
  return { lower, upper, further: reader.offset - 4 };
}

/**
 * What the server is able to do.
 *
 * @returns undefined for what is no greeting of MySQL or MariaDB
 * @throws RangeError for one that ends too early
 */
export function readGreeting(greeting: Buffer): Abilities | undefined {
  const places = findFlags(greeting);
  if (places === undefined) return undefined;
  const flags = (greeting.readUInt16LE(places.lower) | (greeting.readUInt16LE(places.upper) << 16)) >>> 0;
  return { flags, further: (flags & ofMySql) === 0 ? greeting.readUInt32LE(places.further) : 0 };
}

/**
 * Takes from a greeting, in its place, that the server is able to encrypt or to compress: who gets it goes on in plain.
 *
 * @throws RangeError for one that ends too early
 */
export function hideFromGreeting(greeting: Buffer): void {
  const places = findFlags(greeting);
  if (places === undefined) return;
  for (const [place, mask] of [[places.lower, hidden & 0xff_ff] as const, [places.upper, hidden >>> 16] as const]) {
    greeting.writeUInt16LE(greeting.readUInt16LE(place) & ~mask, place);
  }
}

/** What a client has said to the greeting. */
export type Login = 'asks for TLS' | 'is too old' | Agreement;

const lengthOfTlsRequest = 32;
const placeOfFurtherFlags = 28;

/** @throws RangeError for a packet that ends too early */
export function readLogin(login: Buffer, server: Abilities): Login {
  const flags = login.readUInt32LE(0);
  if ((flags & protocol41) === 0) return 'is too old';
  if ((flags & tls) !== 0 && login.length === lengthOfTlsRequest) return 'asks for TLS';
  const further = (flags & ofMySql) === 0 ? login.readUInt32LE(placeOfFurtherFlags) : 0;
  const agreed = flags & server.flags;
  return {
    isCompressed: (agreed & (compress | zstd)) !== 0,
    queryAttributes: (agreed & queryAttributes) !== 0,
    deprecateEof: (agreed & deprecateEof) !== 0,
    optionalMetadata: (agreed & optionalMetadata) !== 0 || (further & server.further & cachedMetadata) !== 0,
  };
}

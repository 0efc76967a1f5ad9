import { packet } from '../fuzz/hostile/packets.ts';

/** Flags of the handshake, as in its documentation. */
export const flag = {
  mysql: 0x1,
  compress: 0x20,
  protocol41: 0x200,
  tls: 0x800,
  pluginAuth: 0x8_0000,
  deprecateEof: 0x100_0000,
  optionalMetadata: 0x200_0000,
  zstd: 0x400_0000,
  queryAttributes: 0x800_0000,
} as const;

/** MariaDB's own flag of those. */
export const cachedMetadata = 0x10;

/** The payload of a server's greeting. */
export function greetingWith(flags: number, further = 0, version = '11.8.1-MariaDB'): Buffer {
  const parts = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10, 1);
  parts.writeUInt16LE(flags & 0xff_ff, 13);
  parts.writeUInt16LE(flags >>> 16, 18);
  parts.writeUInt32LE(further, 27);
  return Buffer.concat([Buffer.from(`\x0a${version}\0`), parts, Buffer.from('challenge\0caching_sha2_password\0')]);
}

/** The payload of what a client says to that. */
export function loginWith(flags: number, further = 0): Buffer {
  const parts = Buffer.alloc(32);
  parts.writeUInt32LE(flags >>> 0, 0);
  parts.writeUInt32LE(further, 28);
  return Buffer.concat([parts, Buffer.from('app\0\0')]);
}

/** The packet of a command of a client. */
export function command(code: number, body: Buffer | string = ''): Buffer {
  return packet(0, Buffer.concat([Buffer.from([code]), Buffer.from(body as string)]));
}

export const query = (sql: string): Buffer => command(3, sql);

/** Each cut of some bytes into chunks of one size, from single bytes to all at once. */
export function chunksOf(bytes: Buffer, size: number): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

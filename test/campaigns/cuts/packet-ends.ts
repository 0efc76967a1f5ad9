/**
 * After how many bytes a packet ends. Of the protocol of MySQL a packet is 3 bytes of length, one of sequence, and what it says; where TLS has
 * begun, it is a record of that.
 *
 * @param stream one direction of a conversation, from the beginning of a packet on
 */
export function packetEnds(stream: Buffer): readonly number[] {
  const ends: number[] = [];
  let at = 0;
  while (at + header <= stream.length) {
    at += isTls(stream, at) ? tlsHeader + stream.readUInt16BE(at + 3) : header + stream.readUIntLE(at, 3);
    if (at <= stream.length) ends.push(at);
  }
  return ends;
}

const header = 4;
const tlsHeader = 5;

/** A type of record, then version 3.x. As a length, it would be one that no packet of these conversations has. */
function isTls(stream: Buffer, at: number): boolean {
  const [type = 0, major, minor = 0] = stream.subarray(at, at + 3);
  return at + tlsHeader <= stream.length && type >= 20 && type <= 23 && major === 3 && minor >= 1 && minor <= 4;
}

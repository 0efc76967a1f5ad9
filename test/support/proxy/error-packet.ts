/**
 * ERR packet of a server. Source: MySQL, "ERR_Packet"
 *
 * @param sequenceId 1 for an answer to a request of one packet; 0 for what a server says before it hangs up, unasked
 */
export function errorPacket(errno: number, sqlState: string, message: string, sequenceId = 1): Buffer {
  const payload = Buffer.concat([
    Buffer.from([0xff, errno & 0xff, errno >> 8]),
    Buffer.from(`#${sqlState}${message}`, 'latin1'),
  ]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, sequenceId]), payload]);
}

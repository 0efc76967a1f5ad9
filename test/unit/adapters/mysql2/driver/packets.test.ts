import { describe, expect, it } from 'vitest';
import {
  faultAfterReading,
  faultBeforeReading,
  isCountedOn,
  isSurplus,
  mayCountAnew,
} from '../../../../../adapters/mysql2/driver/packets.ts';

/** The second packet of a chunk, with this payload, of which so many bytes were read. */
function incoming(sequenceId: number, payload: readonly number[], read = 0) {
  const buffer = Buffer.from([9, 9, payload.length, 0, 0, sequenceId, ...payload, 9, 9]);
  return { sequenceId, buffer, start: 2, offset: 6 + read, end: 6 + payload.length };
}

describe('a packet that is about to be read', () => {
  it('has to have the next number, unless it is an ERR packet', () => {
    expect(faultBeforeReading(incoming(1, [0]), 1, () => false)).toBeUndefined();
    expect(faultBeforeReading(incoming(2, [0]), 1, () => false)?.code).toBe('PROTOCOL_PACKETS_OUT_OF_ORDER');
    expect(faultBeforeReading(incoming(0, [0xff, 0xbf, 0x0f]), 1, () => false)).toBeUndefined();
    expect(faultBeforeReading(incoming(7, [0]), undefined, () => false)).toBeUndefined();
  });

  it('has not a number that no server can have reached, ERR packet or not', () => {
    const err = [0xff, 0xfc, 0x03];
    expect(faultBeforeReading(incoming(255, err), 1, () => false)?.code).toBe('PROTOCOL_PACKETS_OUT_OF_ORDER');
    expect(faultBeforeReading(incoming(3, err), 7, () => false)).toBeUndefined();
    expect(faultBeforeReading(incoming(9, err), 7, () => false)).toBeUndefined();
  });

  it('has to come after its question, unless it is an ERR packet, or not the first one of its answer', () => {
    expect(faultBeforeReading(incoming(1, [0]), 1, () => true)?.code).toBe('PROTOCOL_PACKETS_OUT_OF_ORDER');
    expect(faultBeforeReading(incoming(1, [0xff, 0xbf, 0x0f]), 1, () => true)).toBeUndefined();
    expect(faultBeforeReading(incoming(2, [0]), 2, () => true)).toBeUndefined();
  });
});

describe('the first packet that a server sends behind its handshake', () => {
  it('shows that it counts on from there, by the one number that it can have then', () => {
    expect(isCountedOn(incoming(4, [0]), 1, 3)).toBe(true);
    // Behind another way to authenticate; and behind a statement of two packets.
    expect(isCountedOn(incoming(6, [0]), 1, 5)).toBe(true);
    expect(isCountedOn(incoming(5, [0]), 2, 3)).toBe(true);
    for (const number of [0, 1, 2, 3, 5, 6, 255]) expect(isCountedOn(incoming(number, [0]), 1, 3)).toBe(false);
    // What is right is right, however many packets went before.
    expect(isCountedOn(incoming(1, [0]), 1, 256)).toBe(false);
  });
});

describe('a packet of a compressed connection', () => {
  it('may have any number where a result begins, except the first one of the answer to one packet', () => {
    expect(mayCountAnew('first', 1)).toBe(false);
    expect(mayCountAnew('first', 3)).toBe(true);
    expect(mayCountAnew('result', 6)).toBe(true);
    expect(mayCountAnew('result', 1)).toBe(true);
    expect(mayCountAnew('file', 9)).toBe(true);
    expect(mayCountAnew('elsewhere', 6)).toBe(false);
  });

  it('has to come after its question, whatever its number', () => {
    expect(faultBeforeReading(incoming(4, [0]), undefined, () => true)?.code).toBe('PROTOCOL_PACKETS_OUT_OF_ORDER');
  });
});

describe('a packet that was read', () => {
  it('must not have been read beyond its end', () => {
    expect(faultAfterReading(incoming(1, [0, 1, 2], 3), false)).toBeUndefined();
    expect(faultAfterReading(incoming(1, [0, 1, 2], 4), false)?.code).toBe('PROTOCOL_ERROR');
    expect(faultAfterReading(incoming(1, [0xff, 1], 4), false)).toBeUndefined();
  });

  it('must not be a row that could not be read: others come after it', () => {
    expect(faultAfterReading(incoming(1, [1, 2], 1), true)?.code).toBe('PROTOCOL_ERROR');
  });
});

describe('an empty packet behind a request', () => {
  it('is one too many unless the request fills its packets', () => {
    const longest = 0xff_ff_ff;
    for (const size of [longest, 2 * longest]) expect(isSurplus(size)).toBe(false);
    for (const size of [longest - 3, longest - 1, 2 * longest - 1]) expect(isSurplus(size)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { PacketSplitter } from '../../../../../adapters/testing/protocol/packet-splitter.ts';
import { packet } from '../../../../support/fuzz/hostile/packets.ts';
import { chunksOf } from '../../../../support/testing/wire.ts';

const longest = 0xff_ff_ff;

function split(chunks: readonly Buffer[], most = Number.POSITIVE_INFINITY) {
  const splitter = new PacketSplitter(most);
  return chunks.flatMap((chunk) =>
    [...splitter.split(chunk)].map(({ sequenceId, payload, length, end }) => ({
      sequenceId,
      payload: payload.toString('latin1', 0, 20),
      kept: payload.length,
      length,
      end,
    })),
  );
}

describe('PacketSplitter', () => {
  const bytes = Buffer.concat([
    packet(0, Buffer.from('first')),
    packet(7, Buffer.alloc(0)),
    packet(255, Buffer.from('x')),
  ]);

  it.each([1, 2, 3, 4, 5, 7, 11, bytes.length])('finds the same packets in chunks of %i bytes', (size) => {
    expect(split(chunksOf(bytes, size))).toMatchObject([
      { sequenceId: 0, payload: 'first', length: 5 },
      { sequenceId: 7, payload: '', length: 0 },
      { sequenceId: 255, payload: 'x', length: 1 },
    ]);
  });

  it('tells where in the chunk it goes on behind them', () => {
    expect(split([bytes]).map(({ end }) => end)).toEqual([9, 13, 18]);
    expect(split([bytes.subarray(0, 7), bytes.subarray(7)]).map(({ end }) => end)).toEqual([2, 6, 11]);
  });

  it('keeps no more of them than it is told', () => {
    expect(split(chunksOf(bytes, 3), 4)).toMatchObject([
      { payload: 'firs', kept: 4, length: 5 },
      { payload: '', length: 0 },
      { payload: 'x', length: 1 },
    ]);
  });

  it.each([
    ['one byte more than a packet takes', Buffer.alloc(1, 'b')],
    ['as much as a packet takes, and an empty one behind it', Buffer.alloc(0)],
  ])('takes for one what has %s', (_, rest) => {
    const long = Buffer.concat([
      packet(3, Buffer.alloc(longest, 'a')),
      packet(4, rest),
      packet(0, Buffer.from('next')),
    ]);
    const most = longest + rest.length;
    for (const size of [65_536, long.length]) {
      expect(split(chunksOf(long, size))).toMatchObject([
        { sequenceId: 3, kept: most, length: most },
        { sequenceId: 0, payload: 'next' },
      ]);
      expect(split(chunksOf(long, size), 10)).toMatchObject([{ kept: 10, length: most }, { payload: 'next' }]);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { Answer, type AnswerShape } from '../../../../../adapters/testing/protocol/answer.ts';
import { PacketSplitter } from '../../../../../adapters/testing/protocol/packet-splitter.ts';
import { binaryRow, column, eof, err, ok, packet, textRow } from '../../../../support/fuzz/hostile/packets.ts';

const classic = { isCompressed: false, queryAttributes: false, deprecateEof: false, optionalMetadata: false };
const modern = { ...classic, deprecateEof: true };
const sparing = { ...modern, optionalMetadata: true };

const more = 8;
const cursor = 0x40;
const one = Buffer.from([1]);
const id = column('id', 3);
const row = textRow([7]);
/** What an OK packet is behind rows, where there is no EOF packet. */
const end = (status: number) => Buffer.from([0xfe, 0, 0, status, 0, 0, 0]);
const prepared = (columns: number, parameters: number, ...rest: number[]) =>
  Buffer.from([0, 5, 0, 0, 0, columns, 0, parameters, 0, 0, 0, 0, ...rest]);
const progress = Buffer.from([0xff, 0xff, 0xff, 1, 1, 2, 0, 0, 0]);
const failure = err(1062, '23000', 'Duplicate entry');
const fileRequest = Buffer.from('\xfbids', 'latin1');
/** A row whose first value is longer than a packet. */
const longRow = Buffer.concat([Buffer.from([0xfe, 0, 0, 0, 1, 0, 0, 0, 0]), Buffer.alloc(0xff_ff_ff)]);

type Case = readonly [name: string, shape: AnswerShape, agreement: typeof classic, payloads: readonly Buffer[]];

/** Each of them is whole with its last packet, and not before. */
const cases: readonly Case[] = [
  ['OK', 'single', classic, [ok(2)]],
  ['a text', 'single', classic, [Buffer.from('Uptime: 1')]],
  ['an error', 'single', classic, [failure]],
  ['no rows', 'result', classic, [ok(2)]],
  ['an error behind progress', 'result', classic, [progress, progress, failure]],
  ['rows', 'result', classic, [one, id, eof(2), row, row, eof(2)]],
  ['rows that are as short as their end', 'result', classic, [one, id, eof(2), textRow(['']), eof(2)]],
  ['a row that begins like an end', 'result', classic, [one, id, eof(2), longRow, eof(2)]],
  ['rows, then an error', 'result', classic, [one, id, eof(2), row, failure]],
  [
    'several results',
    'result',
    classic,
    [ok(more), one, id, eof(2), row, eof(more), ok(more), one, id, eof(2), eof(2)],
  ],
  ['several results, then an error', 'result', classic, [ok(more), failure]],
  ['a cursor', 'result', classic, [one, id, eof(cursor)]],
  ['a file', 'result', classic, [fileRequest, ok(2)]],
  ['a file that is refused', 'result', classic, [fileRequest, failure]],
  ['binary rows', 'result', classic, [one, id, eof(2), binaryRow([1]), binaryRow([2]), eof(2)]],
  ['rows', 'result', modern, [one, id, row, row, end(2)]],
  ['rows, none of them', 'result', modern, [one, id, end(2)]],
  ['a row that begins like an end', 'result', modern, [one, id, longRow, end(2)]],
  ['several results', 'result', modern, [one, id, row, end(more), ok(2)]],
  ['columns', 'result', sparing, [Buffer.from([1, 1]), id, row, end(2)]],
  ['no columns', 'result', sparing, [Buffer.from([2, 0]), row, row, end(2)]],
  ['no columns', 'result', { ...sparing, deprecateEof: false }, [Buffer.from([2, 0]), eof(2), row, eof(2)]],
  ['a statement of nothing', 'prepare', classic, [prepared(0, 0)]],
  ['a statement with columns', 'prepare', classic, [prepared(2, 0), id, id, eof(2)]],
  ['a statement with parameters', 'prepare', classic, [prepared(0, 2), id, id, eof(2)]],
  ['a statement with both', 'prepare', classic, [prepared(1, 2), id, id, eof(2), id, eof(2)]],
  ['a statement with fewer parameters than it says', 'prepare', classic, [prepared(0, 2), id, eof(2)]],
  ['a statement that is wrong', 'prepare', classic, [failure]],
  ['a statement with both', 'prepare', modern, [prepared(1, 2), id, id, id]],
  ['a statement of nothing', 'prepare', modern, [prepared(0, 0)]],
  ['a statement with both, none of them sent', 'prepare', sparing, [prepared(1, 2, 0)]],
  ['a statement with both, all of them sent', 'prepare', sparing, [prepared(1, 2, 1), id, id, id]],
  ['a statement with both, of MariaDB', 'prepare', sparing, [prepared(1, 2), id, id, id]],
  ['rows of a cursor', 'rows', classic, [binaryRow([1]), binaryRow([2]), eof(2)]],
  ['rows of a cursor', 'rows', modern, [binaryRow([1]), end(2)]],
  ['rows of a cursor that has gone', 'rows', classic, [failure]],
  ['a login', 'login', classic, [ok(2)]],
  ['a login with questions', 'login', classic, [Buffer.from('\xfeother\0abc', 'latin1'), Buffer.from([1, 4]), ok(2)]],
  ['a login that is refused', 'login', classic, [Buffer.from([1, 4]), failure]],
];

function* read(answer: Answer, payloads: readonly Buffer[]): Generator<boolean> {
  const splitter = new PacketSplitter(1_024);
  for (const payload of payloads) {
    const packets = payload.length < 0xff_ff_ff ? [packet(1, payload)] : parts(payload);
    for (const one of splitter.split(Buffer.concat(packets))) {
      answer.read(one);
      yield answer.isWhole;
    }
  }
}

function parts(payload: Buffer): readonly Buffer[] {
  return [packet(1, payload.subarray(0, 0xff_ff_ff)), packet(2, payload.subarray(0xff_ff_ff))];
}

describe('an answer', () => {
  it.each(cases)('of %s (%s) is whole with its last packet', (_, shape, agreement, payloads) => {
    const answer = new Answer(shape, agreement);
    expect(answer).toMatchObject({ isWhole: false, hasBegun: false });
    const told = [...read(answer, payloads)];
    expect(told).toEqual([...told.slice(1).map(() => false), true]);
    expect(answer).toMatchObject({ isWhole: true, hasBegun: true });
  });

  it('of nothing is whole at once, and one without an end never is', () => {
    expect(new Answer('none', classic).isWhole).toBe(true);
    expect([...read(new Answer('endless', classic), [ok(2), failure, eof(2)])]).toEqual([false, false, false]);
  });

  it.each(cases)('of %s (%s) has the number of its error', (_, shape, agreement, payloads) => {
    const answer = new Answer(shape, agreement);
    for (const _whole of read(answer, payloads));
    expect(answer.errno).toBe(payloads.at(-1) === failure ? 1062 : undefined);
  });

  it('has the number of the statement', () => {
    const answer = new Answer('prepare', classic);
    for (const _whole of read(answer, [prepared(0, 0)]));
    expect(answer.statementId).toBe(5);
  });

  it('tells when it asks for a file', () => {
    const answer = new Answer('result', classic);
    const asked = [...read(answer, [ok(more), fileRequest])].map(() => answer.asksForFile);
    expect(asked).toHaveLength(2);
    expect(answer.asksForFile).toBe(true);
    for (const _whole of read(answer, [ok(2)]));
    expect(answer.asksForFile).toBe(false);
  });

  it.each([
    ['result', [Buffer.from([0])]],
    ['result', [Buffer.alloc(0)]],
    ['result', [one, id, Buffer.from([0xfe])]],
    ['prepare', [Buffer.from([0, 1])]],
    ['single', [Buffer.from([0xff])]],
  ] as const)('that ends too early is an error: %s', (shape, payloads) => {
    expect(() => [...read(new Answer(shape, classic), payloads)]).toThrow(RangeError);
  });
});

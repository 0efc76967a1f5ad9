import { describe, expect, it } from 'vitest';
import { CutFault } from '../../../../adapters/testing/cut-fault.ts';
import { Faults } from '../../../../adapters/testing/faults.ts';
import { GreetingFilter } from '../../../../adapters/testing/greeting-filter.ts';
import { LostAnswerFault } from '../../../../adapters/testing/lost-answer-fault.ts';
import { ok, packet } from '../../../support/fuzz/hostile/packets.ts';
import { chunksOf, flag, greetingWith } from '../../../support/testing/wire.ts';

const [one, other] = [{}, {}];

describe('a cut', () => {
  it('counts the bytes of each connection for itself, in its direction', () => {
    const cut = new CutFault(10, {});
    expect(cut.passOf(one, 'toServer', 100)).toBeUndefined();
    expect(cut.passOf(one, 'toClient', 6)).toBeUndefined();
    expect(cut.passOf(other, 'toClient', 9)).toBeUndefined();
    expect(cut.passOf(one, 'toClient', 6)).toBe(4);
  });

  it('comes with the last byte that may pass, and with none at the next one', () => {
    expect(new CutFault(10, {}).passOf(one, 'toClient', 10)).toBe(10);
    expect(new CutFault(0, { direction: 'toServer' }).passOf(one, 'toServer', 5)).toBe(0);
  });

  it.each([
    [-1, {}, 'Expected the bytes of cutAfterBytes() to be a whole number from 0, got -1'],
    [0.5, {}, 'got 0.5'],
    ['10', {}, 'got a text'],
    [undefined, {}, 'got undefined'],
    [1, null, 'Expected the options of cutAfterBytes() to be an object, got null'],
    [1, { direction: 'c2s' }, "Expected `direction` to be 'toServer' or 'toClient', got \"c2s\""],
    [1, { way: 'toServer' }, 'Unknown option `way` in the options of cutAfterBytes(); expected one of: direction'],
  ])('is none of %o, %o', (bytes, options, message) => {
    expect(() => new CutFault(bytes, options)).toThrow(TypeError);
    expect(() => new CutFault(bytes, options)).toThrow(message);
  });
});

describe('a lost answer', () => {
  it('takes one command', () => {
    const fault = LostAnswerFault.ofAny();
    expect(fault.isOn(one)).toBe(false);
    expect(fault.takes(one, () => undefined)).toBe(true);
    expect(fault.takes(one, () => undefined)).toBe(false);
    expect([fault.isOn(one), fault.isOn(other)]).toEqual([true, false]);
  });

  it.each([/^commit/i, /COMMIT/g, /COMMIT/y, /^x|COMMIT$/])('takes a statement that matches %s', (pattern) => {
    const fault = LostAnswerFault.of(pattern);
    for (const sql of ['', 'SELECT 1', undefined]) expect(fault.takes(one, () => sql)).toBe(false);
    expect(fault.takes(one, () => 'COMMIT')).toBe(true);
  });

  it.each(['COMMIT', undefined, null, {}, () => true])('has no pattern like %s', (pattern) => {
    expect(() => LostAnswerFault.of(pattern)).toThrow(TypeError);
    expect(() => LostAnswerFault.of(pattern)).toThrow(
      'Expected the pattern of loseAnswerOf() to be a regular expression',
    );
  });
});

describe('the faults of a proxy', () => {
  it('fail with the connection that they are on, and with no other', async () => {
    const faults = new Faults();
    const fault = LostAnswerFault.ofAny();
    faults.planLostAnswer(fault, undefined);
    fault.takes(one, () => undefined);
    faults.failOn(other);
    faults.giveUpOn(other, 'x');
    expect(faults.lostAnswer).toBe(fault);
    faults.failOn(one);
    expect(faults.lostAnswer).toBeUndefined();
    await expect(fault.happened).rejects.toThrow('loseNextAnswer() cannot happen: its connection has ended before');
  });

  it('end all at once', async () => {
    const faults = new Faults();
    faults.latency = 5;
    faults.beginBlackHole();
    faults.end('x');
    expect(faults).toMatchObject({ latency: 0, isBlackHole: false });
    faults.end('x');
  });

  it.each(['encrypted', 'compressed', 'unknown'] as const)('are not planned on what is %s', (unreadable) => {
    const plan = () => new Faults().planLostAnswer(LostAnswerFault.ofAny(), unreadable);
    expect(plan).toThrow(/^loseNextAnswer\(\) cannot happen: a client /);
  });
});

describe('a filter of greetings', () => {
  const greeting = packet(0, greetingWith(flag.protocol41 | flag.tls | flag.compress));
  const plain = packet(0, greetingWith(flag.protocol41));
  const behind = packet(2, ok(2));

  it.each([1, 3, 4, 10, 1_000])('changes the flags, whatever the chunks are (%i)', (size) => {
    const filter = new GreetingFilter();
    const passed = chunksOf(Buffer.concat([greeting, behind, greeting]), size).map((chunk) => filter.filter(chunk));
    expect(Buffer.concat(passed)).toEqual(Buffer.concat([plain, behind, greeting]));
  });

  it.each([[packet(0, Buffer.from('\xffToo many connections', 'latin1'))], [packet(0, Buffer.from('\x0a8.0\0'))]])(
    'lets pass what is none: %o',
    (bytes) => {
      expect(new GreetingFilter().filter(Buffer.from(bytes))).toEqual(bytes);
    },
  );
});

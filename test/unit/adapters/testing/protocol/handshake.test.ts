import { describe, expect, it } from 'vitest';
import { hideFromGreeting, readGreeting, readLogin } from '../../../../../adapters/testing/protocol/handshake.ts';
import { cachedMetadata, flag, greetingWith, loginWith } from '../../../../support/testing/wire.ts';

const all =
  flag.compress | flag.protocol41 | flag.tls | flag.deprecateEof | flag.optionalMetadata | flag.queryAttributes;

describe('a greeting', () => {
  it('has the flags of MySQL', () => {
    expect(readGreeting(greetingWith(all | flag.mysql, 0xff))).toEqual({ flags: all | flag.mysql, further: 0 });
  });

  it('has further flags of MariaDB', () => {
    expect(readGreeting(greetingWith(all, 0xff))).toEqual({ flags: all, further: 0xff });
  });

  it('of another protocol is none', () => {
    expect(readGreeting(Buffer.from('\x09 long ago\0'))).toBeUndefined();
    expect(readGreeting(Buffer.alloc(0))).toBeUndefined();
  });

  it('that ends too early is an error', () => {
    const whole = greetingWith(all);
    for (const length of [1, 5, 17, 30, 45]) {
      expect(() => readGreeting(whole.subarray(0, length))).toThrow(RangeError);
      expect(() => hideFromGreeting(whole.subarray(0, length))).toThrow(RangeError);
    }
  });

  it('without TLS and compression is else the same', () => {
    const greeting = greetingWith(all | flag.zstd | flag.pluginAuth, 0xff);
    hideFromGreeting(greeting);
    const rest = all & ~flag.tls & ~flag.compress;
    expect(greeting).toEqual(greetingWith(rest | flag.pluginAuth, 0xff));
  });
});

describe('a login', () => {
  const read = (flags: number, server = all, further = 0, serverFurther = 0) =>
    readLogin(loginWith(flags, further), { flags: server, further: serverFurther });

  it('agrees upon what both sides are able to do', () => {
    const none = { isCompressed: false, queryAttributes: false, deprecateEof: false, optionalMetadata: false };
    expect(read(flag.protocol41 | flag.mysql)).toEqual(none);
    expect(read(all, flag.protocol41)).toEqual(none);
    expect(read(all)).toEqual({
      isCompressed: true,
      queryAttributes: true,
      deprecateEof: true,
      optionalMetadata: true,
    });
    expect(read(flag.protocol41 | flag.zstd, flag.zstd)).toMatchObject({ isCompressed: true });
  });

  it('agrees upon the further flags of MariaDB, where the client does not say that it is of MySQL', () => {
    const flags = flag.protocol41;
    expect(read(flags, 0, cachedMetadata, cachedMetadata)).toMatchObject({ optionalMetadata: true });
    expect(read(flags, 0, cachedMetadata, 0)).toMatchObject({ optionalMetadata: false });
    expect(read(flags | flag.mysql, 0, cachedMetadata, cachedMetadata)).toMatchObject({ optionalMetadata: false });
  });

  it('may ask for TLS first', () => {
    const request = loginWith(all).subarray(0, 32);
    expect(readLogin(request, { flags: all, further: 0 })).toBe('asks for TLS');
    // What comes encrypted then has the flag as well.
    expect(read(all)).not.toBe('asks for TLS');
  });

  it('of old is none', () => {
    expect(read(flag.mysql)).toBe('is too old');
  });

  it('that ends too early is an error', () => {
    expect(() => readLogin(Buffer.alloc(3), { flags: all, further: 0 })).toThrow(RangeError);
    expect(() => readLogin(loginWith(flag.protocol41).subarray(0, 20), { flags: all, further: 0 })).toThrow(RangeError);
  });
});

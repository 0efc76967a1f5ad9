import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation, type LostAnswer } from '../../../../../adapters/testing/protocol/conversation.ts';
import { fuzzRun } from '../../../../support/fuzz/fuzz-run.ts';
import { column, eof, err, numbered, ok, packet, textRow } from '../../../../support/fuzz/hostile/packets.ts';
import { chunksOf, command, flag, greetingWith, loginWith, query } from '../../../../support/testing/wire.ts';

const more = 8;
const flags = flag.mysql | flag.protocol41;

const executing = (id: number) => command(23, Buffer.from([id & 0xff, id >>> 8, id >>> 16, id >>> 24, 0, 1, 0, 0, 0]));
const closing = (id: number) => command(25, Buffer.from([id, 0, 0, 0]));
const answerOf = (...payloads: readonly Buffer[]) => Buffer.concat(numbered(payloads));
const prepared = (id: number) => answerOf(Buffer.from([0, id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
const done = answerOf(ok(2));
const rows = answerOf(Buffer.from([1]), column('a', 3), eof(2), textRow([1]), eof(2));
const fileRequest = answerOf(Buffer.from('\xfbids', 'latin1'));

/** Both sides of a conversation, and what has come of it. */
class Talk {
  readonly conversation: Conversation;
  /** What has reached the client of what the server has said. */
  heard = '';
  readonly lost: LostAnswer[] = [];
  readonly texts: (string | undefined)[] = [];
  readonly #size: number;

  /** @param size of the chunks in which everything comes */
  constructor(isWanted: (sql: string | undefined) => boolean = () => false, size = Number.POSITIVE_INFINITY) {
    this.#size = size;
    this.conversation = new Conversation((sql) => {
      const text = sql();
      this.texts.push(text);
      return isWanted(text);
    });
  }

  client(...packets: readonly Buffer[]): this {
    for (const chunk of this.#chunks(packets)) this.conversation.sent(chunk);
    return this;
  }

  server(...packets: readonly Buffer[]): this {
    for (const chunk of this.#chunks(packets)) {
      const { bytes, lost } = this.conversation.answered(chunk);
      this.heard += bytes.toString('hex');
      if (lost !== undefined) this.lost.push(lost);
    }
    return this;
  }

  login(server = flags, client = flags): this {
    this.server(packet(0, greetingWith(server)));
    this.client(packet(1, loginWith(client)));
    this.server(packet(2, ok(2)));
    this.heard = '';
    return this;
  }

  #chunks(packets: readonly Buffer[]): readonly Buffer[] {
    const bytes = Buffer.concat(packets);
    return chunksOf(bytes, Math.min(this.#size, bytes.length || 1));
  }
}

const hex = (...packets: readonly Buffer[]) => Buffer.concat(packets).toString('hex');

describe.each([1, 2, 3, 5, 8, 1_000])('a conversation in chunks of %i bytes', (size) => {
  const talk = (wanted?: RegExp) => new Talk((sql) => wanted?.test(sql ?? '') ?? false, size).login();

  it('has the statements of its commands, and lets all answers pass', () => {
    const it = talk();
    it.client(query('SELECT 1')).server(rows);
    it.client(command(14)).server(done);
    it.client(command(22, 'SELECT 2')).server(prepared(3));
    it.client(executing(3)).server(rows);
    it.client(query('BAD')).server(answerOf(err(1064, '42000', 'no')));
    expect(it.texts).toEqual(['SELECT 1', undefined, undefined, 'SELECT 2', 'BAD']);
    expect(it.heard).toBe(hex(rows, done, prepared(3), rows, answerOf(err(1064, '42000', 'no'))));
    expect(it.lost).toEqual([]);
    expect(it.conversation.unreadable).toBeUndefined();
  });

  it('withholds one answer, and says when it is whole', () => {
    const it = talk(/^COMMIT/)
      .client(query('SELECT 1'))
      .server(rows)
      .client(query('COMMIT'));
    it.server(done.subarray(0, 5));
    expect(it.lost).toEqual([]);
    it.server(done.subarray(5));
    expect(it.lost).toEqual([{ sql: 'COMMIT', errno: undefined }]);
    expect(it.heard).toBe(hex(rows));
  });

  it('withholds several results of one command', () => {
    const it = talk(/^CALL/).client(query('CALL p()'));
    it.server(answerOf(ok(more), Buffer.from([1]), column('a', 3), eof(2), textRow([1]), eof(more)));
    expect(it.lost).toEqual([]);
    it.server(packet(7, ok(2)));
    expect(it.lost).toHaveLength(1);
    expect(it.heard).toBe('');
  });

  it('withholds an error, and says which', () => {
    const it = talk(/./)
      .client(query('COMMIT'))
      .server(answerOf(err(1213, '40001', 'Deadlock')));
    expect(it.lost).toEqual([{ sql: 'COMMIT', errno: 1213 }]);
  });

  it('lets the answers pass to what was asked before', () => {
    const it = talk(/^COMMIT/).client(query('INSERT'), query('COMMIT'), query('SELECT 1'));
    it.server(done, done, rows);
    expect(it.heard).toBe(hex(done));
    expect(it.lost).toHaveLength(1);
  });

  it('knows what is executed before it has a number', () => {
    const it = talk(/^INSERT/)
      .client(command(22, 'INSERT'), executing(0xff_ff_ff_ff))
      .server(prepared(9), done);
    expect(it.lost).toEqual([{ sql: 'INSERT', errno: undefined }]);
    expect(it.heard).toBe(hex(prepared(9)));
  });

  it('forgets the statements that are closed, and all of them with their session', () => {
    const it = talk();
    it.client(command(22, 'A')).server(prepared(1)).client(command(22, 'B')).server(prepared(2));
    it.client(closing(1), executing(1)).server(done).client(executing(2)).server(done);
    it.client(command(31)).server(done).client(executing(2)).server(done);
    expect(it.texts).toEqual([undefined, undefined, undefined, 'B', undefined, undefined]);
  });

  it('does not take a file for commands, and lets the server ask for it', () => {
    const it = talk(/^LOAD/).client(query('LOAD')).server(fileRequest);
    for (let n = 0; n < 600; n += 1) it.client(packet(n + 2, Buffer.from([3, 0x58])));
    it.client(packet(602, Buffer.alloc(0)));
    expect(it.heard).toBe(hex(fileRequest));
    it.server(packet(603, ok(2)));
    expect(it.lost).toHaveLength(1);
    expect(it.texts).toEqual(['LOAD']);
  });

  it('lets the server ask for a file behind another answer', () => {
    const it = talk(/^LOAD/).client(query('SELECT 1'), query('LOAD')).server(rows, fileRequest);
    expect(it.heard).toBe(hex(rows, fileRequest));
  });

  it('cannot go on where a file is asked for behind what is withheld', () => {
    const it = talk(/^INSERT/)
      .client(query('INSERT; LOAD'))
      .server(answerOf(ok(more)), fileRequest);
    expect(it.conversation.unreadable).toBe('unknown');
    expect(it.lost).toEqual([]);
  });

  it('does not take for an answer what a server says that hangs up', () => {
    const parting = packet(0, err(1053, '08S01', 'Server shutdown in progress'));
    const it = talk(/./).client(query('COMMIT')).server(parting);
    expect(it.lost).toEqual([]);
    const other = talk().server(parting);
    expect(other.heard).toBe(hex(parting));
  });

  it('reads the login of another user, of which nothing is withheld', () => {
    const it = talk(/./)
      .client(command(17, 'other\0'))
      .server(packet(1, Buffer.from('\xfeother\0', 'latin1')));
    it.client(packet(2, Buffer.from('secret'))).server(packet(3, ok(2)), Buffer.alloc(0));
    it.client(query('COMMIT')).server(done);
    expect(it.lost).toHaveLength(1);
    expect(it.texts).toEqual(['COMMIT']);
  });

  it('is compressed after the login, if that was agreed upon', () => {
    const with_ = flags | flag.compress;
    const it = new Talk(undefined, size).login(with_, with_);
    expect(it.conversation.unreadable).toBe('compressed');
    it.client(query('x')).server(done);
    expect(it.heard).toBe(hex(done));
    expect(new Talk(undefined, size).login(with_, flags).conversation.unreadable).toBeUndefined();
  });

  it('is encrypted from where the client asks for that', () => {
    const it = new Talk(undefined, size).server(packet(0, greetingWith(flags | flag.tls)));
    it.client(packet(1, loginWith(flags | flag.tls).subarray(0, 32)), Buffer.from('ClientHello'));
    expect(it.conversation.unreadable).toBe('encrypted');
    it.server(Buffer.from('ServerHello'));
    expect(it.heard).toMatch(hex(Buffer.from('ServerHello')));
  });

  it('does not begin where the server is full', () => {
    const full = packet(0, err(1040, '08004', 'Too many connections'));
    expect(new Talk(undefined, size).server(full)).toMatchObject({
      heard: hex(full),
      conversation: { unreadable: undefined },
    });
  });

  it.each([
    ['a client that speaks first', (it: Talk) => it.client(Buffer.from('G'))],
    ['another greeting', (it: Talk) => it.server(packet(0, Buffer.from('\x09old\0')))],
    ['a greeting that is too short', (it: Talk) => it.server(packet(0, Buffer.from('\x0a8.0\0abc')))],
    ['a command that nobody knows', (it: Talk) => it.login().client(command(99))],
    [
      'an answer that ends too early',
      (it: Talk) =>
        it
          .login()
          .client(query('x'))
          .server(packet(1, Buffer.from([0]))),
    ],
  ])('is unknown with %s', (_, speak) => {
    expect(speak(new Talk(undefined, size)).conversation.unreadable).toBe('unknown');
  });
});

describe('a conversation', () => {
  it('reads past attributes, where they were agreed upon', () => {
    const with_ = flags | flag.queryAttributes;
    expect(new Talk().login(with_, with_).client(query('\x00\x01COMMIT')).texts).toEqual(['COMMIT']);
    expect(new Talk().login(with_, flags).client(query('COMMIT')).texts).toEqual(['COMMIT']);
  });

  it('does not stumble over any bytes, and lets them pass', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
    const packets = fc.oneof(
      bytes,
      bytes.map((payload) => packet(payload[0] ?? 0, payload)),
    );
    const said = fc.array(fc.tuple(fc.boolean(), packets), { maxLength: 20 });
    fc.assert(
      fc.property(said, fc.boolean(), (chunks, isLoggedIn) => {
        const it = new Talk();
        if (isLoggedIn) it.login();
        for (const [isClient, chunk] of chunks) isClient ? it.client(chunk) : it.server(chunk);
        expect(it.heard).toBe(hex(...chunks.flatMap(([isClient, chunk]) => (isClient ? [] : [chunk]))));
        expect(it.lost).toEqual([]);
      }),
      fuzzRun(500),
    );
  });
});

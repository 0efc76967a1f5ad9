import { describe, expect, it } from 'vitest';
import { CredentialSource, connectWith } from '../../../../../adapters/mysql2/source/credential-source.ts';
import type { Credentials } from '../../../../../adapters/mysql2/source/credentials.ts';

const accessDenied = Object.assign(new Error('Access denied'), { errno: 1045 });

/** Gives one after the other, and tells how often it was asked. */
function giving(...answers: readonly unknown[]) {
  let asked = 0;
  const source = new CredentialSource(() => answers[asked++], 1_000);
  return { source, asked: () => asked };
}

const [old, fresh] = [
  { user: 'u', password: 'old' },
  { user: 'u', password: 'fresh' },
];

describe('a source of credentials', () => {
  it('asks anew each time', async () => {
    const { source } = giving(old, Promise.resolve(fresh));
    expect([await source.ask(), await source.ask()]).toEqual([old, fresh]);
  });

  it('asks anew after a failure', async () => {
    const { source } = giving(Promise.reject(new Error('sealed')), fresh);
    await expect(source.ask()).rejects.toMatchObject({ cause: { message: 'sealed' } });
    expect(await source.ask()).toEqual(fresh);
  });

  it('hands out what was checked, and nothing else of it', async () => {
    let looks = 0;
    const shifty = {
      user: 'u',
      more: 'x',
      get password() {
        looks += 1;
        return looks === 1 ? 'first' : (5 as never);
      },
    };
    expect(await giving(shifty).source.ask()).toEqual({ user: 'u', password: 'first' });
  });

  it.each(['text', undefined, null])('keeps what was thrown, whatever it is: %s', async (thrown) => {
    const source = new CredentialSource(() => {
      throw thrown;
    }, 1_000);
    await expect(source.ask()).rejects.toMatchObject({
      message: expect.stringMatching(/threw an error$/),
      cause: thrown,
    });
  });
});

describe('connecting with credentials', () => {
  /** A server that takes these. */
  const server = (...passwords: readonly string[]) => {
    const tried: (string | undefined)[] = [];
    const connect = async (given: Credentials | undefined) => {
      tried.push(given?.password);
      if (!passwords.includes(given?.password ?? '')) throw accessDenied;
      return 'connected';
    };
    return { tried, connect };
  };

  it('asks once more when they are refused', async () => {
    const { tried, connect } = server('fresh');
    expect(await connectWith(giving(old, fresh).source, connect)).toBe('connected');
    expect(tried).toEqual(['old', 'fresh']);
  });

  it('does not ask a third time', async () => {
    const { tried, connect } = server();
    const { source, asked } = giving(old, fresh, fresh);
    await expect(connectWith(source, connect)).rejects.toBe(accessDenied);
    expect([tried, asked()]).toEqual([['old', 'fresh'], 2]);
  });

  it('does not try the same ones again: a server may lock an account for that', async () => {
    const { tried, connect } = server();
    const { source, asked } = giving(old, { ...old });
    await expect(connectWith(source, connect)).rejects.toBe(accessDenied);
    expect([tried, asked()]).toEqual([['old'], 2]);
  });

  it('does not ask again for another error, nor for one of whoever gives them', async () => {
    const lost = Object.assign(new Error('lost'), { code: 'ECONNRESET' });
    const { source, asked } = giving(old, fresh);
    await expect(connectWith(source, () => Promise.reject(lost))).rejects.toBe(lost);
    expect(asked()).toBe(1);
    const sealed = giving(Promise.reject(accessDenied), fresh);
    const { tried, connect } = server('fresh');
    await expect(connectWith(sealed.source, connect)).rejects.toMatchObject({ code: 'ERR_GONE_AWAY_CREDENTIALS' });
    expect([tried, sealed.asked()]).toEqual([[], 1]);
  });

  it('leaves a connection without a source as it is', async () => {
    expect(await connectWith(undefined, async (given) => given)).toBeUndefined();
  });
});

import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError } from '../../src/index.ts';
import type { Binding, CreateBinding } from '../contract/binding.ts';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { failureOf, later } from '../contract/outcome.ts';
import { isCommit } from '../support/ledger/stage-ledger.ts';
import { unhurried, useStage } from '../support/stage.ts';

const bindings: readonly (readonly [string, CreateBinding])[] = [
  ['promise pool', createPromiseBinding],
  ['callback pool', createCallbackBinding],
  ['Drizzle', createDrizzleBinding],
  ['Prisma', createPrismaBinding],
];

/** What the kernel may say of an established connection whose host is gone from its network, or of one that nobody accepts. */
const codes = ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ECONNREFUSED', 'ETIMEDOUT'];

/** COM_QUERY with an INSERT, or COM_STMT_EXECUTE, which is sent for nothing else here. */
const isInsert = (chunk: Buffer) =>
  chunk[4] === 0x17 || (chunk[4] === 0x03 && /insert into/i.test(chunk.toString('latin1')));

describe.each(bindings)(
  'a host that cannot be reached any more, once it was sent something: %s',
  unhurried,
  (_, create) => {
    const stage = useStage('unreachable');

    /** A pool of one connection, which is in use, and whose socket ends with this code as soon as the server has executed what `isMeant` finds. */
    async function open(code: string, isMeant: (chunk: Buffer) => boolean): Promise<Binding> {
      const { host, port } = stage.proxy;
      const sockets = new Set<Socket>();
      const stream = () => {
        const socket = connect({ host, port, noDelay: true });
        sockets.add(socket);
        return socket;
      };
      const binding = stage.closing(create({ connection: { ...stage.proxied(), stream }, connectionLimit: 1 }));
      await binding.read();
      const asking = new Set<number>();
      let spoiled = false;
      stage.proxy.onClientData((chunk, { id }) => {
        if (!spoiled && isMeant(chunk)) asking.add(id);
        return 'forward';
      });
      stage.proxy.onServerData((_chunk, { id }) => {
        if (spoiled || !asking.has(id)) return 'forward';
        spoiled = true;
        for (const socket of sockets) {
          socket.destroy(Object.assign(new Error(`read ${code}`), { errno: -113, code, syscall: 'read' }));
        }
        return 'swallow';
      });
      return binding;
    }

    test.each(codes)('%s: an INSERT that was executed is unknown, and is not sent again', async (code) => {
      const binding = await open(code, isInsert);
      const error = await failureOf(binding.insert(1));
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ attempts: 1, failure: { outcome: 'unknown', kind: 'connection-lost', code } });
      expect(await stage.countOf(1)).toBe(1);
      // The pool goes on.
      expect(await binding.read()).toEqual([1]);
    });

    test.each(codes)('%s: a COMMIT that was executed is unknown, and nothing runs again', async (code) => {
      const binding = await open(code, isCommit);
      let runs = 0;
      const told = later(
        binding.transaction(
          async (tx) => {
            runs += 1;
            await tx.insert(2);
          },
          { rerun: true },
        ),
      );
      const error = await failureOf(told);
      expect(error).toBeInstanceOf(OutcomeUnknownError);
      expect(error).toMatchObject({ failure: { outcome: 'unknown', code } });
      expect(runs).toBe(1);
      expect(await stage.countOf(2)).toBe(1);
    });
  },
);

import { connect } from 'node:net';
import type { PoolOptions } from 'mysql2/promise';
import { PrismaClient } from '../../../../prisma/generated/client.ts';
import { createPrismaMariaDb } from '../../../support/prisma/prisma-mariadb.ts';
import type { Client } from '../../chaos/clients/client.ts';
import { WrongAnswer } from '../../chaos/clients/client.ts';
import { clientKindOf } from '../../chaos/clients/clients.ts';
import { databaseOf, itemValue } from '../../chaos/tables.ts';
import type { Work } from '../../chaos/work.ts';
import type { Address, SoakedClient } from './protocol.ts';

/** Fewer connections than callers: some have to wait. */
const connectionLimit = 10;
const connectTimeout = 1_500;

/** The name of a client's database. */
export function databaseFor(client: SoakedClient, wrapped: boolean): string {
  return databaseOf(wrapped ? client : `bare-${client}`);
}

/** The whole of a client with this package, or one of the same driver and ORM without it that can read an item. */
export function openClient(name: SoakedClient, address: Address, wrapped: boolean): Client {
  const { host, port, user, password } = address;
  const stream = () => connect({ host, port, localAddress: host, noDelay: true });
  const options: PoolOptions = { host, port, user, password, stream, connectionLimit, connectTimeout };
  const own = { ...options, database: databaseFor(name, wrapped) };
  if (wrapped) return clientKindOf(name).open(own);
  return name === 'prisma' ? openBarePrisma(address) : clientKindOf(`bare-${name}`).open(own);
}

/** Prisma on its own adapter. */
function openBarePrisma({ host, plainPort: port, user, password }: Address): Client {
  const database = databaseFor('prisma', false);
  const adapter = createPrismaMariaDb({ host, port, user, password, database }, { connectionLimit, connectTimeout });
  const prisma = new PrismaClient({ adapter });
  return {
    pools: [],
    async perform({ item }: Work) {
      const found = await prisma.item.findUnique({ where: { id: item } });
      if (found?.value !== itemValue(item)) throw new WrongAnswer(`item ${item}`);
    },
    lent: () => 0,
    end: () => prisma.$disconnect(),
  };
}

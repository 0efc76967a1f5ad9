import { PrismaMySQL2 } from '../../../../adapters/prisma/adapter/index.ts';
import { type ResilienceMethods, resilience } from '../../../../adapters/prisma/index.ts';
import { type Prisma, PrismaClient } from '../../../../prisma/generated/client.ts';

/** As NestJS declares it. */
interface OnModuleInit {
  onModuleInit(): unknown;
}

/** As NestJS declares it. */
interface OnModuleDestroy {
  onModuleDestroy(): unknown;
}

const ResilientClient = PrismaClient as new (options: Prisma.PrismaClientOptions) => PrismaClient & ResilienceMethods;

/** The recipe of `adapters/prisma/README.md` for NestJS, with the address as a parameter. */
export class PrismaService extends ResilientClient implements OnModuleInit, OnModuleDestroy {
  private readonly greeting: string = 'Hello';

  constructor(url: string) {
    super({ adapter: new PrismaMySQL2(url) });
    // biome-ignore lint/correctness/noConstructorReturn: whoever calls the constructor is to get the extended client
    return this.$extends(resilience()) as this;
  }

  async onModuleInit(): Promise<void> {
    await this.$connect();
  }

  async onModuleDestroy(): Promise<void> {
    await this.$disconnect();
  }

  greet(name: string): string {
    return `${this.greeting}, ${name}`;
  }

  async countUsersHere(): Promise<number> {
    return await this.user.count();
  }
}

import { describe } from 'vitest';
import { createDrizzleBinding } from '../contract/bindings/drizzle.ts';
import { createCallbackBinding, createPromiseBinding } from '../contract/bindings/mysql2.ts';
import { createPrismaBinding } from '../contract/bindings/prisma.ts';
import { describeCompany } from '../contract/scenarios/company.ts';
import { describeInFlightLoss } from '../contract/scenarios/in-flight-loss.ts';
import { describeReruns } from '../contract/scenarios/reruns.ts';
import { describeTransactionLimits } from '../contract/scenarios/transaction-limits.ts';
import { describeTransactions } from '../contract/scenarios/transactions.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe.each([
  { name: 'a promise pool of mysql2', create: createPromiseBinding },
  { name: 'a callback pool of mysql2', create: createCallbackBinding },
  { name: 'Drizzle', create: createDrizzleBinding },
  { name: 'Prisma', create: createPrismaBinding },
])('in a bundled program, $name', unhurried, ({ create }) => {
  const stage = useStage('bundled');
  describeInFlightLoss(create, stage);
  describeTransactions(create, stage);
  describeTransactionLimits(create, stage);
  describeReruns(create, stage);
  describeCompany(create, stage);
});

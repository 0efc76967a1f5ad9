import { describe } from 'vitest';
import { bindingsOnMysql2 } from '../contract/bindings/every-binding.ts';
import { describeCompany } from '../contract/scenarios/company.ts';
import { describeInFlightLoss } from '../contract/scenarios/in-flight-loss.ts';
import { describeReruns } from '../contract/scenarios/reruns.ts';
import { describeTransactionLimits } from '../contract/scenarios/transaction-limits.ts';
import { describeTransactions } from '../contract/scenarios/transactions.ts';
import { unhurried, useStage } from '../support/stage.ts';

describe.each(bindingsOnMysql2)('in a bundled program, $name', unhurried, ({ create }) => {
  const stage = useStage('bundled');
  describeInFlightLoss(create, stage);
  describeTransactions(create, stage);
  describeTransactionLimits(create, stage);
  describeReruns(create, stage);
  describeCompany(create, stage);
});

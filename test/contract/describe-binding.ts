import { describe } from 'vitest';
import { unhurried, useStage } from '../support/stage.ts';
import type { CreateBinding } from './binding.ts';
import { describeCallersLimits } from './scenarios/callers-limits.ts';
import { describeCompany } from './scenarios/company.ts';
import { describeDyingStatements } from './scenarios/dying-statements.ts';
import { describeIdleLoss } from './scenarios/idle-loss.ts';
import { describeInFlightLoss } from './scenarios/in-flight-loss.ts';
import { describeLifecycle } from './scenarios/lifecycle.ts';
import { describeLiveness } from './scenarios/liveness.ts';
import { describeLoneStatements } from './scenarios/lone-statements.ts';
import { describeOutage } from './scenarios/outage.ts';
import { describePatience } from './scenarios/patience.ts';
import { describeRefusals } from './scenarios/refusals.ts';
import { describeRefusedConnections } from './scenarios/refused-connections.ts';
import { describeReruns } from './scenarios/reruns.ts';
import { describeRestart } from './scenarios/restart.ts';
import { describeSignals } from './scenarios/signals.ts';
import { describeSilence } from './scenarios/silence.ts';
import { describeTelemetry } from './scenarios/telemetry.ts';
import { describeTransactionLimits } from './scenarios/transaction-limits.ts';
import { describeTransactions } from './scenarios/transactions.ts';
import { describeWatch } from './scenarios/watch.ts';

/** What everybody who uses this package may rely on, through whichever binding. On a real server, directly and through a fault proxy. */
export function describeBinding(name: string, create: CreateBinding): void {
  describe(name, unhurried, () => {
    const stage = useStage('contract');
    describeIdleLoss(create, stage);
    describeInFlightLoss(create, stage);
    describeRestart(create, stage);
    describeSilence(create, stage);
    describeOutage(create, stage);
    describeDyingStatements(create, stage);
    describePatience(create, stage);
    describeRefusals(create, stage);
    describeRefusedConnections(create, stage);
    describeCallersLimits(create, stage);
    describeSignals(create, stage);
    describeLiveness(create, stage);
    describeLifecycle(create, stage);
    describeTelemetry(create, stage);
    describeWatch(create, stage);
    describeTransactions(create, stage);
    describeTransactionLimits(create, stage);
    describeReruns(create, stage);
    describeCompany(create, stage);
    describeLoneStatements(create, stage);
  });
}

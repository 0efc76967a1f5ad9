import { serverNames } from '../../support/server/named-servers.ts';
import type { Campaign } from './campaign.ts';
import { clusterNames, eventsOn } from './cluster-campaign.ts';
import { suiteOn } from './suite-campaign.ts';

/** Everything that `npm run servers` can do, in the order of its report. */
export const campaigns: readonly Campaign[] = [...serverNames.map(suiteOn), ...clusterNames.map(eventsOn)];

export const campaignNames: readonly string[] = campaigns.map(({ name }) => name);

import { parseFlags, wholeNumber } from '../../test/support/command/command-line.ts';
import { someOf } from '../options.ts';
import {
  attemptMs,
  beforeMs,
  type FaultName,
  faultNames,
  leadInMs,
  limitMs,
  type RecoveryContender,
  recoveryContenders,
} from './plan.ts';

export interface RecoveryOptions {
  readonly faults: readonly FaultName[];
  readonly contenders: readonly RecoveryContender[];
  readonly repeats: number;
  /** Milliseconds. */
  readonly outage: number;
  readonly callers: number;
  readonly json: boolean;
}

const defaults = { repeats: 30, outage: 1_000, callers: 50 } as const;

const seconds = (ms: number): string => String(ms / 1000);

export const usage = `Usage: npm run bench -- recovery [options]

How soon callers are served again after a server was away. Contenders take turns, repeat by repeat: each meets a fault of its own,
with nothing else running, on a private server. Each has a pool of ten, new for every fault. Callers are loops of point selects; after
an error a caller pauses for a millisecond and goes on. Measures the built package, as it is published.

Times count from when the server greets again, as another process sees it, or from the end of the fault where the server never went:
  first success   the first answer
  all served      every caller has had an answer to a call that began after that
  throughput      since when 100 ms have had 90 % of the answers of the median 100 ms before the fault
What has not come ${seconds(limitMs)} s after the fault is counted as that. Beside it: errors that callers saw; TCP connections that were begun, and
those on which the server spoke, during the fault and in the second after it.

Options:
  --fault NAMES       some of these, with commas (default all):
                        ${faultNames.slice(0, 6).join(', ')},
                        ${faultNames.slice(6).join(', ')}
  --contender NAMES   some of ${recoveryContenders.join(', ')} (default all)
  --repeats N         how often each contender meets each fault (default ${defaults.repeats})
  --outage MS         how long the server is away (default ${defaults.outage}); idle-kill and rst take no time, busy-loop takes
                      ${attemptMs} at least, for the server to close what is idle
  --callers N         (default ${defaults.callers})
  --json              one JSON object on stdout; everything else goes to stderr
  --help              this text

A connect may take ${seconds(attemptMs)} s in all of them. An attempt of gone-away may as well (attemptTimeout), and a statement of the wrapper; a ping,
1 s. mysql2 has no such limit by itself. Callers only read: read-only shows whether reads go on.

A repeat takes ${seconds(leadInMs + beforeMs)} s of load, the outage, half a second where the server starts, and one to ${seconds(limitMs)} s after it, for each contender. All of it
takes about an hour and a half. A contender of others that cannot be had here is left out, with the reason.

Exit code: 0 if it came to its end, 1 if not, 2 for a wrong option.
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): RecoveryOptions | 'help' {
  const text = { type: 'string' } as const;
  const values = parseFlags(args, {
    ...{ fault: text, contender: text, repeats: text, outage: text, callers: text },
    json: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  return {
    faults: someOf('--fault', values.fault, faultNames),
    contenders: someOf('--contender', values.contender, recoveryContenders),
    repeats: wholeNumber('--repeats', values.repeats ?? String(defaults.repeats), 1, 100_000),
    outage: wholeNumber('--outage', values.outage ?? String(defaults.outage), 0, 30_000),
    callers: wholeNumber('--callers', values.callers ?? String(defaults.callers), 1, 10_000),
    json: values.json === true,
  };
}

import { describe, expect, it } from 'vitest';
import { judgeSilence, type Verdict } from '../../../../../adapters/mysql2/control/watch-verdict.ts';

const limits = { after: 1_000, timeout: 3_000 };
const fresh = { idleSince: undefined, elsewhereSince: undefined, seen: true, hasSent: true, mayBeOnItsWay: false };
const reach = { unreachableSince: undefined, hasSeveralServers: false };
const now = 100_000;

type Arguments = Parameters<typeof judgeSilence>;

const rows: readonly (readonly [
  what: string,
  sighting: Arguments[0],
  doubt: Partial<Arguments[1]>,
  reach: Partial<Arguments[2]>,
  expected: Verdict,
])[] = [
  ['waits for what the server works on', 'running', { idleSince: now - 9_000 }, {}, 'wait'],
  ['waits for one that goes by another name', 'hidden', { idleSince: now - 9_000, seen: false }, {}, 'wait'],
  [
    'waits for one that goes by another name where it was seen before, among several servers',
    'hidden',
    { idleSince: now - 9_000 },
    { hasSeveralServers: true },
    'wait',
  ],
  [
    'looks elsewhere for one whose number may be that of a stranger on another server',
    'hidden',
    { seen: false },
    { hasSeveralServers: true },
    'elsewhere',
  ],
  [
    'gives up one whose own server is not met for so long',
    'hidden',
    { elsewhereSince: now - 3_000, seen: false },
    { hasSeveralServers: true },
    'unreachable',
  ],
  ['does not take one that is seen asleep once for dead', 'idle', {}, {}, 'confirm'],
  ['does not take one for dead that fell asleep a moment ago', 'idle', { idleSince: now - 499 }, {}, 'confirm'],
  ['takes one for dead that was asleep twice', 'idle', { idleSince: now - 500 }, {}, 'lost'],
  [
    'waits for one whose statement may still be on its way, though it looks asleep',
    'idle',
    { idleSince: now - 9_000, mayBeOnItsWay: true },
    {},
    'wait',
  ],
  [
    'does not wait for one that is missing, whatever is on its way',
    'absent',
    { idleSince: now - 500, mayBeOnItsWay: true },
    {},
    'lost',
  ],
  ['does not take one that is missing once for dead', 'absent', {}, {}, 'confirm'],
  ['takes one for dead that was missing twice', 'absent', { idleSince: now - 500 }, {}, 'lost'],
  [
    'takes one for dead that was never seen, if there is one server only',
    'absent',
    { idleSince: now - 500, seen: false },
    {},
    'lost',
  ],
  [
    'looks elsewhere for one that may be on another server of the same address',
    'absent',
    { idleSince: now - 500, seen: false },
    { hasSeveralServers: true },
    'elsewhere',
  ],
  [
    'goes on looking elsewhere for as long as a server may be out of reach',
    'absent',
    { elsewhereSince: now - 2_999, seen: false },
    { hasSeveralServers: true },
    'elsewhere',
  ],
  [
    'gives up a server that is not met at its address for so long',
    'absent',
    { elsewhereSince: now - 3_000, seen: false },
    { hasSeveralServers: true },
    'unreachable',
  ],
  [
    'waits for what the server works on, however long that could not be met',
    'running',
    { elsewhereSince: now - 9_000 },
    { hasSeveralServers: true },
    'wait',
  ],
  [
    'takes one for dead that was seen on this very server, of several',
    'absent',
    { idleSince: now - 500 },
    { hasSeveralServers: true },
    'lost',
  ],
  [
    'waits for whoever makes the file that the server waits for',
    'receiving',
    { idleSince: now - 9_000, hasSent: false },
    {},
    'wait',
  ],
  ['does not take one for dead whose last bytes may be on their way', 'receiving', {}, {}, 'confirm'],
  [
    'takes one for dead of which the server still waits for what was sent',
    'receiving',
    { idleSince: now - 500 },
    {},
    'lost',
  ],
  ['waits behind a proxy', 'unprovable', { idleSince: now - 9_000 }, {}, 'wait'],
  ['waits for a server that answers something else', 'error', { idleSince: now - 9_000 }, {}, 'wait'],
  ['asks again a server that does not answer', undefined, {}, { unreachableSince: now - 2_999 }, 'again'],
  ['gives up a server that has not answered for long', undefined, {}, { unreachableSince: now - 3_000 }, 'unreachable'],
];

describe('the verdict on a statement without an answer', () => {
  it.each(rows)('%s', (_title, sighting, doubt, reached, expected) => {
    expect(judgeSilence(sighting, { ...fresh, ...doubt }, { ...reach, ...reached }, limits, now)).toBe(expected);
  });
});

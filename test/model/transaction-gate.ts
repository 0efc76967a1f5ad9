import { type GateAction, type GateEvent, type GateState, newGate, stepGate } from '../../src/internal.ts';
import type { Step } from './explore.ts';

/** How many of each may happen, and what is broken on purpose. */
export interface Setting {
  /** Statements that are called, by branches of the callback that do not wait for each other, and also after its end. */
  readonly statements: number;
  /** The statement with this number commits by itself. */
  readonly committing: number | undefined;
  readonly deadlocks: number;
  readonly lockTimeouts: number;
  readonly losses: number;
  readonly variant?: Variant | undefined;
}

export type Variant =
  | 'goes on after a deadlock'
  | 'takes calls after the callback has returned'
  | 'takes calls after the callback has thrown'
  | 'refuses what waits when the callback throws'
  | 'does not ask after a lock wait timeout'
  | 'does not wait for what is on the wire'
  | 'begins again after something was executed'
  | 'calls a transaction whole that has committed by itself';

/** The transaction as the server has it, what is on the wire, and what the callers were told. */
export interface World {
  readonly gate: GateState;
  readonly isOpen: boolean;
  /** Executed in the open transaction. */
  readonly pending: readonly number[];
  /** There to stay. */
  readonly applied: readonly number[];
  readonly wire: readonly (number | 'begin' | 'check' | 'commit' | 'roll-back')[];
  readonly called: number;
  /** So many of them before the callback has ended. */
  readonly calledInTime: number;
  /** Sent, in this order. */
  readonly sent: readonly number[];
  readonly told: readonly (readonly [number, 'answered' | 'failed' | 'refused'])[];
  readonly end: 'committed' | 'rolled back' | undefined;
  /** Executed in no transaction, though this one was whole and nobody had committed it. */
  readonly behind: number | undefined;
  readonly deadlocks: number;
  readonly lockTimeouts: number;
  readonly losses: number;
}

export function startOf({ deadlocks, lockTimeouts, losses }: Setting): World {
  return {
    gate: newGate,
    isOpen: false,
    pending: [],
    applied: [],
    wire: ['begin'],
    called: 0,
    calledInTime: 0,
    sent: [],
    told: [],
    end: undefined,
    behind: undefined,
    deadlocks,
    lockTimeouts,
    losses,
  };
}

export function stepsOf(world: World, setting: Setting): readonly Step<World>[] {
  return [...stepsOfCallback(world, setting), ...stepsOfServer(world, setting)];
}

function stepsOfCallback(world: World, setting: Setting): Step<World>[] {
  const steps: Step<World>[] = [];
  const { gate, called, wire } = world;
  // The callback runs once BEGIN is answered; a branch of it that nobody waits for may go on for ever.
  const hasBegun = !wire.includes('begin') || called > 0;
  if (hasBegun && called < setting.statements) {
    const id = called + 1;
    const calledInTime = gate.callback === 'running' ? id : world.calledInTime;
    const next = take({ ...world, called: id, calledInTime }, { type: 'called', id }, setting);
    steps.push({ name: `calls ${id}`, next });
  }
  if (hasBegun && gate.callback === 'running') {
    steps.push({ name: 'the callback returns', next: take(world, { type: 'returned' }, setting) });
    steps.push({ name: 'the callback throws', next: take(world, { type: 'threw' }, setting) });
  }
  return steps;
}

function stepsOfServer(world: World, setting: Setting): Step<World>[] {
  const [first, ...wire] = world.wire;
  if (first === undefined) return [];
  const after = { ...world, wire };
  const steps: Step<World>[] = [];
  const lose = () => ({ ...after, isOpen: false, pending: [], losses: world.losses - 1 });
  switch (first) {
    case 'begin':
      steps.push({ name: 'BEGIN is answered', next: take({ ...after, isOpen: true }, { type: 'begun' }, setting) });
      break;
    case 'check':
      steps.push({
        name: 'the check is answered',
        next: take(after, { type: 'checked', isOpen: world.isOpen }, setting),
      });
      break;
    case 'commit':
      steps.push({
        name: 'COMMIT is answered',
        next: { ...after, applied: [...world.applied, ...world.pending], pending: [], isOpen: false, end: 'committed' },
      });
      break;
    case 'roll-back':
      steps.push({ name: 'ROLLBACK is answered', next: { ...after, pending: [], isOpen: false, end: 'rolled back' } });
      break;
    default:
      steps.push(...outcomesOf(first, world, after, setting));
      if (world.losses > 0) {
        const as = world.gate.isUntouched ? 'not-executed' : 'ended';
        steps.push({
          name: `the connection is lost before ${first} is executed`,
          next: fail(first, lose(), as, setting),
        });
      }
  }
  return steps;
}

function outcomesOf(id: number, world: World, after: World, setting: Setting): Step<World>[] {
  const mayCommit = id === setting.committing;
  const executed = execute(id, after, mayCommit);
  const steps: Step<World>[] = [
    {
      name: `${id} is answered`,
      next: take(tell(executed, id, 'answered'), { type: 'answered', isOpen: executed.isOpen, mayCommit }, setting),
    },
    { name: `${id} fails alone`, next: fail(id, after, mayCommit ? 'unsure' : 'statement', setting) },
  ];
  if (world.deadlocks > 0) {
    const undone = { ...after, isOpen: false, pending: [], deadlocks: world.deadlocks - 1 };
    steps.push({ name: `${id} is the victim of a deadlock`, next: fail(id, undone, 'ended', setting) });
  }
  if (world.lockTimeouts > 0) {
    const fewer = { ...after, lockTimeouts: world.lockTimeouts - 1 };
    const undone = { ...fewer, isOpen: false, pending: [] };
    steps.push({ name: `${id} waits too long for a lock`, next: fail(id, fewer, 'unsure', setting) });
    steps.push({ name: `${id} waits too long, and all is rolled back`, next: fail(id, undone, 'unsure', setting) });
  }
  return steps;
}

/** In the transaction, or at once where there is none. */
function execute(id: number, world: World, commits: boolean): World {
  if (commits) {
    return { ...world, applied: [...world.applied, ...world.pending, id], pending: [], isOpen: false };
  }
  if (world.isOpen) return { ...world, pending: [...world.pending, id] };
  const behind = world.gate.isWhole ? id : world.behind;
  return { ...world, applied: [...world.applied, id], behind };
}

function fail(id: number, world: World, as: Extract<GateEvent, { type: 'failed' }>['as'], setting: Setting): World {
  const mayCommit = id === setting.committing;
  const seen = as === 'ended' && setting.variant === 'goes on after a deadlock' ? 'statement' : as;
  const known = seen === 'unsure' && setting.variant === 'does not ask after a lock wait timeout' ? 'statement' : seen;
  const next = take(world, { type: 'failed', as: known, mayCommit }, setting);
  // It waits to be sent again.
  return next.gate.phase === 'beginning' ? next : tell(next, id, 'failed');
}

function tell(world: World, id: number, what: 'answered' | 'failed' | 'refused'): World {
  return { ...world, told: [...world.told, [id, what]] };
}

function take(world: World, event: GateEvent, { variant }: Setting): World {
  let { gate } = world;
  if (event.type === 'called') {
    const late = variant === 'takes calls after the callback has returned' && gate.callback === 'returned';
    const later = variant === 'takes calls after the callback has thrown' && gate.callback === 'threw';
    if (late || later) gate = { ...gate, callback: 'running', phase: gate.phase === 'over' ? 'open' : gate.phase };
  }
  if (event.type === 'failed' && variant === 'begins again after something was executed' && event.as === 'ended') {
    return take({ ...world, gate: { ...gate, isUntouched: true } }, { ...event, as: 'not-executed' }, noVariant);
  }
  if ((event.type === 'threw' || event.type === 'returned') && variant === 'does not wait for what is on the wire') {
    gate = { ...gate, running: undefined };
  }
  if (event.type === 'threw' && variant === 'refuses what waits when the callback throws') {
    const refused = gate.waiting.reduce((later, id) => tell(later, id, 'refused'), world);
    return take({ ...refused, gate: { ...gate, waiting: [] } }, event, noVariant);
  }
  const { state, actions } = stepGate(gate, event);
  const isWhole = variant === 'calls a transaction whole that has committed by itself' || state.isWhole;
  return actions.reduce(act, { ...world, gate: { ...state, isWhole } });
}

const noVariant: Setting = { statements: 0, committing: undefined, deadlocks: 0, lockTimeouts: 0, losses: 0 };

function act(world: World, action: GateAction): World {
  switch (action.do) {
    case 'send':
      return { ...world, wire: [...world.wire, action.id], sent: [...world.sent, action.id] };
    case 'refuse':
      return tell(world, action.id, 'refused');
    case 'begin-again':
      return { ...world, wire: [...world.wire, 'begin'] };
    case 'check':
      return { ...world, wire: [...world.wire, 'check'] };
    case 'commit':
    case 'roll-back':
      return { ...world, wire: [...world.wire, action.do] };
    default:
      return action satisfies never;
  }
}

export function violatedBy(world: World, setting: Setting): string | undefined {
  const { statements } = setting;
  const { applied, behind, called, end, gate, pending, sent, told, wire } = world;
  if (behind !== undefined) return `${behind} was executed behind its transaction, and stays`;
  if (new Set(applied).size < applied.length) return 'something was applied twice';
  if (wire.length > 1) return 'two things are on the wire at once';
  if (sent.some((id, index) => index > 0 && id < (sent[index - 1] ?? 0))) return 'statements overtake each other';
  if (new Set(told.map(([id]) => id)).size < told.length) return 'a caller was told twice';
  const answered = told.filter(([, what]) => what === 'answered').map(([id]) => id);
  const lasting = [...applied, ...pending];
  if (end === 'committed' && gate.isWhole && answered.some((id) => !applied.includes(id))) {
    return 'committed, and something that was answered is not there';
  }
  if (end === 'rolled back' && gate.isWhole && applied.length > 0) return 'rolled back, and something of it is there';
  if (told.some(([id, what]) => what === 'refused' && lasting.includes(id))) return 'refused, and it is there';
  const inTime = told.some(([id, what]) => what === 'refused' && id <= world.calledInTime);
  const hasTrouble = (['deadlocks', 'lockTimeouts', 'losses'] as const).some((one) => world[one] < setting[one]);
  if (inTime && !hasTrouble)
    return 'refused, though it was called in time and the server had not ended the transaction';
  const isStill = wire.length === 0 && called === statements && gate.callback !== 'running';
  if (isStill && end === undefined) return 'it never ends';
  if (isStill && told.length < called) return 'a caller waits for ever';
  return undefined;
}

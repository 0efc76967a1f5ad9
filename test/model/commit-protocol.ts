import {
  decideKey,
  decideSettlement,
  type SettlementAnswer,
  type SettlementDecision,
} from '../../adapters/mysql2/ledger/decide-settlement.ts';
import type { LedgerState } from '../../adapters/mysql2/ledger/ledger-table.ts';
import type { Step } from './explore.ts';

/**
 * The protocol of `exactlyOnce`, reduced to what can go wrong: processes, the sessions that they open on one server, the rows of the ledger,
 * and one effect per transaction. A request may arrive at any time after it was sent, also after its sender has given the connection up; a
 * session, a process, the server may end at any time. What an answer means is decided by the code of the package.
 */
export interface World {
  readonly processes: readonly Process[];
  readonly sessions: readonly Session[];
  /** KILLs on their way to the server. */
  readonly kills: readonly string[];
  /** What is committed. */
  readonly rows: Readonly<Record<string, LedgerState>>;
  /** How often the effect of each process is committed. */
  readonly effects: readonly number[];
  readonly serverCrashes: number;
  readonly processCrashes: number;
}

interface Process {
  readonly phase: 'idle' | 'begun' | 'committing' | 'settling' | 'undone' | 'ended' | 'crashed';
  /** Runs of the callback. */
  readonly attempt: number;
  /** Questions of the current settlement. */
  readonly questions: number;
  /** Sessions opened so far. */
  readonly opened: number;
  /** The one that it waits for. */
  readonly session: string;
  /** The one whose COMMIT is in doubt. */
  readonly lost: string;
  readonly told: 'committed' | 'not committed' | 'unknown' | '';
}

interface Session {
  readonly name: string;
  readonly by: number;
  /** Sent, and not executed yet. */
  readonly request: Request | null;
  /** Executed, and not received yet. */
  readonly reply: Reply | null;
  /** The server has it. */
  readonly open: boolean;
  /** Its process still listens. */
  readonly heard: boolean;
  /** Tokens inserted by its open transaction, which holds their locks, and with them the effect. */
  readonly holds: readonly string[];
  readonly hasEffect: boolean;
}

type Request =
  /** BEGIN, INSERT of the tokens, and the statements of the callback. */
  | { readonly kind: 'work'; readonly tokens: readonly string[] }
  | { readonly kind: 'commit' }
  | { readonly kind: 'fence'; readonly token: string }
  /** Only in a variant: SELECT. */
  | { readonly kind: 'look'; readonly token: string };

type Reply =
  | { readonly kind: 'ok' | 'absent' }
  | { readonly kind: 'inserted' }
  | { readonly kind: 'lock-wait' }
  | { readonly kind: 'duplicate'; readonly state: LedgerState };

/** What is done otherwise than in the package, to see whether the model notices. */
export type Variant =
  | 'settles by SELECT'
  | 'runs again without settling'
  | 'takes KILL for the proof'
  | 'uses a fenced token again'
  | 'takes every duplicate for a commit'
  | 'fences the key'
  | 'prunes rows that are still asked about';

export interface Protocol {
  readonly processes: number;
  /** All of them have the same idempotency key. */
  readonly keyed: boolean;
  /** Runs of the callback that a process allows itself. */
  readonly attempts: number;
  /** How often one settlement asks before its deadline. */
  readonly questions: number;
  readonly serverCrashes: number;
  readonly processCrashes: number;
  readonly variant?: Variant;
}

export function start({ processes, serverCrashes, processCrashes }: Protocol): World {
  const process: Process = {
    phase: 'idle',
    attempt: 0,
    questions: 0,
    opened: 0,
    session: '',
    lost: '',
    told: '',
  };
  return {
    processes: Array.from({ length: processes }, () => process),
    sessions: [],
    kills: [],
    rows: {},
    effects: Array.from({ length: processes }, () => 0),
    serverCrashes,
    processCrashes,
  };
}

/** What has to hold in every state, and so for ever after anybody was told anything. */
export function violated(world: World, { keyed }: Protocol): string | undefined {
  const total = world.effects.reduce((sum, count) => sum + count, 0);
  for (const [index, { told }] of world.processes.entries()) {
    const applied = keyed ? total : (world.effects[index] ?? 0);
    if (applied > 1) return 'applied twice';
    if (told === 'committed' && applied !== 1) return 'told "committed", and it is not';
    if (told === 'not committed' && (world.effects[index] ?? 0) > 0) return 'told "not committed", and it is';
  }
  const row = world.rows[theKey];
  if (row !== undefined && decideKey(row) !== 'stored') return 'the key is of no use to anybody any more';
  if (keyed && (row === 'result') !== (total === 1)) return 'the row of the key says otherwise than the table';
  return undefined;
}

const theKey = 'key';

/** Every step that the world may take. */
export function steps(world: World, protocol: Protocol): readonly Step<World>[] {
  const found: Step<World>[] = [];
  const add = (name: string, next: World) => found.push({ name, next: tidy(next) });
  for (const session of world.sessions) {
    serve(world, session, protocol, add);
    if (session.open) add(`the server ends session ${session.name}`, endSession(world, session.name));
    if (session.heard) hear(world, session, protocol, add);
  }
  for (const victim of world.kills) {
    const killed = endSession(world, victim);
    add(`KILL reaches session ${victim}`, { ...killed, kills: world.kills.filter((name) => name !== victim) });
  }
  for (const [index, process] of world.processes.entries()) {
    decide(world, index, process, protocol, add);
    if (world.processCrashes > 0 && !['idle', 'ended', 'crashed'].includes(process.phase)) {
      const crashed = silence(setProcess(world, index, { phase: 'crashed' }), process.session);
      add(`process ${index} crashes`, { ...crashed, processCrashes: world.processCrashes - 1 });
    }
  }
  if (world.serverCrashes > 0 && world.sessions.some(({ open }) => open)) {
    const down = world.sessions.reduce((after, { name }) => endSession(after, name), world);
    add('the server crashes and comes back', { ...down, serverCrashes: world.serverCrashes - 1 });
  }
  if (protocol.variant === 'prunes rows that are still asked about') {
    for (const token of Object.keys(world.rows).filter((name) => name !== theKey)) {
      const { [token]: _pruned, ...rows } = world.rows;
      add(`the row of ${token} is pruned`, { ...world, rows });
    }
  }
  return found;
}

type Add = (name: string, next: World) => void;

/** The server executes what has arrived, or answers that a lock was not to be had. */
function serve(world: World, session: Session, { variant }: Protocol, add: Add): void {
  const { name, request, open } = session;
  if (!open || request === null) return;
  const answered = (reply: Reply, change: Partial<Session> = {}, next: World = world): World =>
    setSession(next, name, { request: null, reply, ...change });
  const undone = { holds: [], hasEffect: false };
  const isHeld = (token: string) =>
    world.sessions.some((other) => other.name !== name && other.open && other.holds.includes(token));

  switch (request.kind) {
    case 'work': {
      const wanted = request.tokens.filter(
        (token) => variant !== 'uses a fenced token again' || world.rows[token] !== 'fenced',
      );
      // In their order, as one INSERT of several rows takes them.
      for (const [index, token] of wanted.entries()) {
        const state = world.rows[token];
        if (isHeld(token)) {
          add(`session ${name} does not get ${token} in time`, answered({ kind: 'lock-wait' }, undone));
          // What it has already inserted it holds while it waits.
          const holds = wanted.slice(0, index);
          if (holds.length > session.holds.length) add(`session ${name} waits`, setSession(world, name, { holds }));
          return;
        }
        if (state !== undefined) {
          add(`session ${name} finds ${token} ${state}`, answered({ kind: 'duplicate', state }, undone));
          return;
        }
      }
      add(
        `session ${name} inserts ${wanted.join(' and ')} and works`,
        answered({ kind: 'ok' }, { holds: wanted, hasEffect: true }),
      );
      return;
    }
    case 'commit': {
      const rows = { ...world.rows };
      for (const token of session.holds) rows[token] = token === theKey ? 'result' : 'committed';
      const effects = world.effects.map((count, index) =>
        index === session.by && session.hasEffect ? count + 1 : count,
      );
      add(`session ${name} commits`, answered({ kind: 'ok' }, undone, { ...world, rows, effects }));
      return;
    }
    case 'fence': {
      const state = world.rows[request.token];
      if (isHeld(request.token)) {
        add(`session ${name} does not get ${request.token} in time`, answered({ kind: 'lock-wait' }));
      } else if (state !== undefined) {
        add(`session ${name} finds ${request.token} ${state}`, answered({ kind: 'duplicate', state }));
      } else {
        const rows = { ...world.rows, [request.token]: 'fenced' as const };
        add(`session ${name} fences ${request.token}`, answered({ kind: 'inserted' }, {}, { ...world, rows }));
      }
      return;
    }
    case 'look': {
      const state = world.rows[request.token];
      const reply: Reply = state === undefined ? { kind: 'absent' } : { kind: 'duplicate', state };
      add(`session ${name} sees ${request.token} ${state ?? 'absent'}`, answered(reply));
      return;
    }
    default:
      request satisfies never;
  }
}

/** A process receives an answer, or learns that its connection is lost; both may happen however far the request has come. */
function hear(world: World, session: Session, protocol: Protocol, add: Add): void {
  const { name, by, reply } = session;
  const process = world.processes[by] as Process;
  if (process.session !== name) return;
  if (reply !== null) {
    const received = setSession(world, name, { reply: null });
    for (const [what, next] of react(received, by, process, reply, protocol))
      add(`process ${by} hears that, ${what}`, next);
  }
  for (const [what, next] of react(silence(world, name), by, process, 'lost', protocol)) {
    add(`process ${by} loses session ${name}, ${what}`, next);
  }
}

type Reaction = readonly [what: string, next: World];

function react(
  world: World,
  index: number,
  process: Process,
  reply: Reply | 'lost',
  protocol: Protocol,
): readonly Reaction[] {
  switch (process.phase) {
    case 'begun': {
      if (reply === 'lost') return [undone(world, index)];
      if (reply.kind === 'ok') {
        const sent = setSession(world, process.session, { request: { kind: 'commit' } });
        return [['sends COMMIT', setProcess(sent, index, { phase: 'committing' })]];
      }
      if (reply.kind === 'duplicate' && protocol.keyed && decideKey(reply.state) === 'stored') {
        return [end(world, index, 'committed')];
      }
      return [undone(silence(world, process.session), index)];
    }
    case 'committing': {
      if (reply !== 'lost') return [end(world, index, 'committed')];
      if (protocol.variant === 'runs again without settling') return [undone(world, index)];
      const doubtful = setProcess(world, index, { phase: 'settling', questions: 0, lost: process.session });
      return [['asks', ask(doubtful, index, protocol)]];
    }
    case 'settling': {
      const decision = decideAnswer(reply, protocol.variant);
      const heard = silence(world, process.session);
      if (decision === 'committed') return [end(heard, index, 'committed')];
      if (decision === 'rolled-back') return [undone(heard, index)];
      if (decision === 'unknown') return [end(heard, index, 'unknown')];
      const fenced = decision === 'fence' ? { ...heard, kills: [...new Set([...heard.kills, process.lost])] } : heard;
      if (decision === 'fence' && protocol.variant === 'takes KILL for the proof') return [undone(fenced, index)];
      return process.questions >= protocol.questions
        ? [end(fenced, index, 'unknown')]
        : [[decision === 'fence' ? 'sends KILL and asks again' : 'asks again', ask(fenced, index, protocol)]];
    }
    default:
      return [];
  }
}

function decideAnswer(reply: Reply | 'lost', variant: Variant | undefined): SettlementDecision {
  const answer = toAnswer(reply);
  if (reply !== 'lost' && reply.kind === 'absent') return 'rolled-back';
  if (variant === 'takes every duplicate for a commit' && answer.kind === 'duplicate') return 'committed';
  return decideSettlement(answer);
}

function toAnswer(reply: Reply | 'lost'): SettlementAnswer {
  if (reply === 'lost') return { kind: 'failed', failure: { transient: true, outcome: 'unknown' } };
  if (reply.kind === 'duplicate' || reply.kind === 'inserted' || reply.kind === 'lock-wait') return reply;
  return { kind: 'failed', failure: { transient: false, outcome: 'failed' } };
}

/** What a process may do by itself. */
function decide(world: World, index: number, process: Process, protocol: Protocol, add: Add): void {
  if (process.phase === 'idle') add(`process ${index} begins`, work(world, index, protocol));
  if (process.phase !== 'undone') return;
  if (process.attempt < protocol.attempts) add(`process ${index} runs again`, work(world, index, protocol));
  const [what, next] = end(world, index, 'not committed');
  add(`process ${index} ${what}`, next);
}

function work(world: World, index: number, protocol: Protocol): World {
  const attempt = (world.processes[index]?.attempt ?? 0) + 1;
  const token = tokenOf(index, attempt, protocol);
  const tokens = protocol.keyed ? [theKey, token] : [token];
  return setProcess(open(world, index, { kind: 'work', tokens }), index, { phase: 'begun', attempt });
}

function ask(world: World, index: number, protocol: Protocol): World {
  const { attempt, questions } = world.processes[index] as Process;
  const token = protocol.variant === 'fences the key' ? theKey : tokenOf(index, attempt, protocol);
  const kind = protocol.variant === 'settles by SELECT' ? 'look' : 'fence';
  return setProcess(open(world, index, { kind, token }), index, { questions: questions + 1 });
}

function tokenOf(index: number, attempt: number, { variant }: Protocol): string {
  return `token ${index}.${variant === 'uses a fenced token again' ? 1 : attempt}`;
}

function undone(world: World, index: number): Reaction {
  return ['takes it for undone', setProcess(world, index, { phase: 'undone', lost: '', session: '' })];
}

function end(world: World, index: number, told: Process['told']): Reaction {
  const { session } = world.processes[index] as Process;
  return [
    `reports "${told}"`,
    setProcess(silence(world, session), index, { phase: 'ended', told, lost: '', session: '' }),
  ];
}

function open(world: World, by: number, request: Request): World {
  const opened = (world.processes[by]?.opened ?? 0) + 1;
  const name = `${by}${String.fromCharCode(96 + opened)}`;
  const session: Session = {
    name,
    by,
    request,
    reply: null,
    open: true,
    heard: true,
    holds: [],
    hasEffect: false,
  };
  return setProcess({ ...world, sessions: [...world.sessions, session] }, by, { opened, session: name });
}

/** Its transaction is undone; what was on its way to it is never executed. What it has said may still arrive. */
function endSession(world: World, name: string): World {
  return setSession(world, name, { open: false, request: null, holds: [], hasEffect: false });
}

/** Its process does not listen any more; the server does not know. */
function silence(world: World, name: string): World {
  return setSession(world, name, { heard: false, reply: null });
}

function setSession(world: World, name: string, change: Partial<Session>): World {
  const sessions = world.sessions.map((session) => (session.name === name ? { ...session, ...change } : session));
  return { ...world, sessions };
}

function setProcess(world: World, index: number, change: Partial<Process>): World {
  const processes = world.processes.map((process, each) => (each === index ? { ...process, ...change } : process));
  return { ...world, processes };
}

/** Forgets sessions that nothing can happen on, so that worlds that differ in nothing else are one. */
function tidy(world: World): World {
  const matters = ({ open, heard, request, holds }: Session) =>
    heard || (open && (request !== null || holds.length > 0));
  const sessions = world.sessions.filter(matters);
  const kills = world.kills.filter((name) => sessions.some((session) => session.name === name && session.open));
  return { ...world, sessions, kills };
}

import { getPriority } from 'node:os';
import { concurrently } from '../alternate.ts';
import type { Call, OpenContender, Target } from '../contenders/contender.ts';
import { recipesOf } from '../contenders/recipes.ts';
import type { Statement } from '../plan.ts';
import { answerQuestions } from '../remote.ts';
import { verify } from '../verify.ts';
import type { Allocated, CostRequest, Subject, Windows, Worked } from './requests.ts';
import { sampleHeap } from './sample-heap.ts';

interface Opened {
  readonly contender: OpenContender;
  readonly call: Call;
  readonly statement: Statement;
  readonly target: Target;
}

let opened: Opened | undefined;
let waiting = false;

async function answer(request: CostRequest): Promise<unknown> {
  waiting = false;
  try {
    if (request.verb === 'open') {
      opened = await open(request.subject);
      return;
    }
    if (opened === undefined) throw new Error('nothing is open');
    return await answerWith(opened, request);
  } finally {
    waiting = true;
    spin();
  }
}

/** Valgrind hears what it is told while the program runs, and not while it sleeps. */
function spin(): void {
  if (waiting) setImmediate(spin);
}

async function open({ group, name, statement, target }: Subject): Promise<Opened> {
  const contender = await (await recipesOf(group))[name]?.(target);
  const call = contender?.calls[statement];
  if (contender === undefined || call === undefined) throw new Error(`${name} cannot do what ${statement} asks for`);
  return { contender, call, statement, target };
}

async function answerWith(
  { contender, call, statement, target }: Opened,
  request: Exclude<CostRequest, { verb: 'open' }>,
): Promise<unknown> {
  switch (request.verb) {
    case 'verify':
      return await verify(contender, [statement], target);
    case 'work':
      return await work(call, request);
    case 'allocate':
      return await allocate(call, request);
    default:
      return request satisfies never;
  }
}

/**
 * Each window stands between two marks. There is room for what they allocate, so that no garbage is collected in them: bytes are counted
 * by themselves, and one window with all the garbage of ten would say nothing.
 */
async function work(call: Call, { windows, calls, concurrency }: Windows): Promise<Worked> {
  globalThis.gc?.({ type: 'minor' });
  const worked: number[] = [];
  mark();
  for (let window = 0; window < windows; window += 1) {
    const before = process.cpuUsage();
    await concurrently(concurrency, calls, call);
    worked.push(process.cpuUsage(before).user * 1_000);
    mark();
  }
  return worked;
}

/** Callgrind, where it looks on, begins a file whenever the C function is entered that this calls; nothing else here calls that. */
function mark(): void {
  getPriority();
}

async function allocate(call: Call, { windows, calls, concurrency, folder }: Windows & { folder: string }) {
  const bytes: number[] = [];
  const sites: Allocated['sites'][number][] = [];
  for (let window = 0; window < windows; window += 1) {
    const found = await sampleHeap(() => concurrently(concurrency, calls, call), folder);
    bytes.push(found.bytes);
    sites.push(...found.sites);
  }
  return { bytes, sites } satisfies Allocated;
}

answerQuestions(answer);

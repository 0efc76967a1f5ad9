import { answerQuestions } from '../remote.ts';
import { verify } from '../verify.ts';
import { now } from './clock.ts';
import { recipes } from './contenders.ts';
import { Encounter } from './encounter.ts';
import type { Outage } from './marks.ts';
import type { ContenderRequest } from './remote-contender.ts';
import { StrayErrors } from './stray-errors.ts';

// A contender may give a thousand warnings; writing them would be measured with it.
process.removeAllListeners('warning');

const stray = new StrayErrors();
let encounter: Encounter | undefined;

async function answer(request: ContenderRequest): Promise<unknown> {
  switch (request.verb) {
    case 'verify': {
      const { name, target } = request;
      const { call, close } = await recipes[name](target);
      return await verify({ calls: { point: call }, close }, ['point'], target).finally(close);
    }
    case 'begin':
      stray.forget();
      encounter = await Encounter.begin(await recipes[request.name](request.target), request.callers);
      return;
    case 'stand-still':
      return standStill(request.ms);
    case 'finish': {
      if (encounter === undefined) throw new Error('it has not begun');
      return { ...(await encounter.finish(request.outage)), stray: stray.count };
    }
    default:
      return request satisfies never;
  }
}

/** A long garbage collection, a suspended function, a closed laptop. */
function standStill(ms: number): Outage {
  const began = now();
  while (now() < began + ms);
  return { began, over: now() };
}

answerQuestions(answer);

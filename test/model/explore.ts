/** A step that the world may take, and the world after it. */
export interface Step<State> {
  readonly name: string;
  readonly next: State;
}

export interface Exploration {
  /** How many different states there are. */
  readonly states: number;
  /** The shortest way to a state in which a property does not hold; undefined if it holds in all of them. */
  readonly violation: { readonly property: string; readonly trace: readonly string[] } | undefined;
}

interface Visit<State> {
  readonly state: State;
  readonly step: string;
  readonly from: Visit<State> | undefined;
}

/**
 * Looks at every state that can be reached, breadth first, so that the first violation found has the shortest trace.
 *
 * @param steps every step that may be taken in a state, in whichever order the world likes
 * @param violated the name of a property that does not hold in a state; asked of every state
 * @throws {Error} when there are more states than anybody would wait for
 */
export function explore<State>(
  start: State,
  steps: (state: State) => readonly Step<State>[],
  violated: (state: State) => string | undefined,
  limit: number = 2_000_000,
): Exploration {
  const seen = new Set([JSON.stringify(start)]);
  let frontier: Visit<State>[] = [{ state: start, step: '', from: undefined }];
  while (frontier.length > 0) {
    const next: Visit<State>[] = [];
    for (const visit of frontier) {
      const property = violated(visit.state);
      if (property !== undefined) return { states: seen.size, violation: { property, trace: traceTo(visit) } };
      for (const { name, next: state } of steps(visit.state)) {
        const key = JSON.stringify(state);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > limit) throw new Error(`more than ${limit} states`);
        next.push({ state, step: name, from: visit });
      }
    }
    frontier = next;
  }
  return { states: seen.size, violation: undefined };
}

function traceTo<State>(last: Visit<State>): readonly string[] {
  const trace: string[] = [];
  for (let visit: Visit<State> | undefined = last; visit?.from !== undefined; visit = visit.from) {
    trace.unshift(visit.step);
  }
  return trace;
}

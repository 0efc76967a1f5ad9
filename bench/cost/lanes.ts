/** Does tasks, one at a time in each lane. @returns what came of them, in their order */
export async function inLanes<L, T, R>(
  lanes: readonly L[],
  tasks: readonly T[],
  work: (lane: L, task: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const waiting = tasks.entries();
  const worker = async (lane: L) => {
    for (const [index, task] of waiting) results.set(index, await work(lane, task));
  };
  await Promise.all(lanes.map(worker));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/**
 * How a property is run: by `runs` inputs from a fresh seed, for a seed that never changes tests the same inputs for ever. When it fails,
 * fast-check prints the seed and the path to the smallest input; `FUZZ_SEED=... FUZZ_PATH=...` runs that one again. `FUZZ_FACTOR=100` looks
 * longer.
 */
export function fuzzRun(runs: number): { numRuns: number; seed?: number; path?: string } {
  const { FUZZ_SEED: seed, FUZZ_PATH: path, FUZZ_FACTOR: factor = '1' } = process.env;
  return {
    numRuns: Math.ceil(runs * Number(factor)),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
  };
}

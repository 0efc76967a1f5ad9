/**
 * The instructions in a file of callgrind, which has those since the file before it was written.
 *
 * @throws {Error} where it does not say how many
 */
export function instructionsIn(text: string): number {
  const events = /^events: (.*)$/m.exec(text)?.[1]?.trim();
  const [, total] = /^totals: (\d+)$/m.exec(text) ?? [];
  if (events !== 'Ir' || total === undefined) throw new Error(`expected a file of callgrind, got ${text.slice(0, 60)}`);
  return Number(total);
}

/**
 * The files with a number, in the order in which they were written, from `first` on.
 *
 * @param base what their names begin with
 */
export function numberedFrom(names: readonly string[], base: string, first: number): readonly string[] {
  const numberOf = (name: string) => (name.startsWith(`${base}.`) ? Number(name.slice(base.length + 1)) : Number.NaN);
  return names.filter((name) => numberOf(name) >= first).sort((a, b) => numberOf(a) - numberOf(b));
}

/** A part of a page that a program writes, between two comments that name it. */
export interface Section {
  readonly name: string;
  readonly markdown: string;
}

const begin = (name: string) => `<!-- ${name}: begin -->`;
const end = (name: string) => `<!-- ${name}: end -->`;

/**
 * The page with this section's content in the place of what was there.
 *
 * @throws {Error} when the page has no such section
 */
export function withSection(page: string, { name, markdown }: Section): string {
  const from = page.indexOf(begin(name));
  const to = page.indexOf(end(name));
  if (from < 0 || to < from) throw new Error(`The page has no section between ${begin(name)} and ${end(name)}`);
  return `${page.slice(0, from + begin(name).length)}\n\n${markdown}\n\n${page.slice(to)}`;
}

/** A table in Markdown; columns of which the first row's cell is a number are set to the right. */
export function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(textOf).join(' | ')} |`;
  const aligned = head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? '---:' : '---'));
  return [line(head), `| ${aligned.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function textOf(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : cell;
}

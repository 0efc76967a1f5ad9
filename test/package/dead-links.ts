import { posix } from 'node:path';

/**
 * The relative links of a page that lead to nothing in the package, as sentences. A page of a registry shows what was packed, so there they
 * would be dead, whatever the repository has.
 *
 * @param pages the text of every Markdown file that is packed, by its path
 * @param paths all that is packed
 */
export function deadLinks(pages: ReadonlyMap<string, string>, paths: readonly string[]): readonly string[] {
  return [...pages].flatMap(([page, text]) =>
    linksOf(text)
      .filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link))
      .filter((link) => {
        const [path = '', fragment] = link.split('#');
        const target = path === '' ? page : posix.join(posix.dirname(page), path);
        if (!paths.includes(target)) return true;
        return fragment !== undefined && !anchorsOf(pages.get(target) ?? '').has(fragment);
      })
      .map((link) => `${page} links to ${link}, which is not in the package`),
  );
}

/** Of links, images, references and HTML; not of code. */
function linksOf(markdown: string): readonly string[] {
  const text = withoutBlocks(markdown).replaceAll(/(`+)[^`]+\1/g, '');
  const forms = [/\]\(\s*<?([^)\s>]+)/g, /^\s*\[[^\]]+\]:\s*<?([^\s>]+)/gm, /\b(?:href|src)="([^"]+)"/g];
  return forms.flatMap((form) => [...text.matchAll(form)].map(([, link = '']) => link));
}

/** The fragments by which a page's headings are reached. Source: GitHub's documentation on section links. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = withoutBlocks(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```/gms, '');
}

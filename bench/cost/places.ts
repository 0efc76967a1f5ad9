import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Site } from './heap-profile.ts';

/** A function of this package that allocates. */
export interface Place {
  readonly function: string;
  /** From the root of this package. */
  readonly file: string;
  readonly line: number;
  /** In each call. */
  readonly bytes: number;
}

export const packageRoot = new URL('../../', import.meta.url).href;

/** Where the package is that is measured. */
export const builtFolder = new URL('dist/', packageRoot).href;

/** Where a function was written that stands somewhere in a file of the built package. */
type Origin = (site: Pick<Site, 'url' | 'line' | 'column'>) => Pick<Place, 'file' | 'line'>;

/** The largest of them. @param sites with the bytes of so many calls; a function may be there more than once */
export function largestPlaces(sites: readonly Site[], calls: number, originOf: Origin, count = 5): readonly Place[] {
  const places = new Map<string, Place>();
  for (const site of sites) {
    const { file, line } = originOf(site);
    const key = `${file}:${line}:${site.name}`;
    const bytes = site.bytes / calls + (places.get(key)?.bytes ?? 0);
    places.set(key, { function: site.name || '(anonymous)', file, line, bytes });
  }
  return [...places.values()].sort((a, b) => b.bytes - a.bytes).slice(0, count);
}

/** Reads the source maps that are beside the files. */
export function originsOnDisk(): Origin {
  const maps = new Map<string, SourceMap>();
  return ({ url, line, column }) => {
    const map = maps.get(url) ?? new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')));
    maps.set(url, map);
    const found = map.findEntry(line, column);
    if (!('originalSource' in found)) return { file: relative(url), line: line + 1 };
    return { file: relative(new URL(found.originalSource, url).href), line: found.originalLine + 1 };
  };
}

const relative = (url: string): string => (url.startsWith(packageRoot) ? url.slice(packageRoot.length) : url);

import { posix } from 'node:path';

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly unknown[];
}

/**
 * What is wrong with a source map or a declaration map, as sentences: each source is packed once, and the map names it, so that a debugger and
 * "go to definition" end in the same file.
 */
export function misplacedSources(path: string, text: string, paths: readonly string[]): readonly string[] {
  const { sources, sourcesContent } = JSON.parse(text) as SourceMap;
  const missing = sources.filter((source) => !paths.includes(posix.join(posix.dirname(path), source)));
  return [
    ...missing.map((source) => `${path} names ${source}, which is not in the package`),
    ...(sourcesContent === undefined ? [] : [`${path} has a copy of its source`]),
  ];
}

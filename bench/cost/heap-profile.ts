import type { HeapProfiler } from 'node:inspector';

type ProfileNode = HeapProfiler.SamplingHeapProfileNode;

/** A function, as V8 knows it. Lines and columns begin at 0. */
export interface Site {
  readonly name: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
  readonly bytes: number;
}

/** All that was allocated. */
export function bytesIn(node: ProfileNode): number {
  return node.children.reduce((sum, child) => sum + bytesIn(child), node.selfSize);
}

/**
 * Who allocated, of the functions in files whose URL begins with `folder`. What V8's own functions allocate, as those of `Map`, is
 * allocated by who called them.
 */
export function sitesIn(head: ProfileNode, folder: string): readonly Site[] {
  const sites = new Map<string, Site>();
  const visit = (node: ProfileNode, caller: ProfileNode['callFrame']): void => {
    const frame = node.callFrame.url === '' ? caller : node.callFrame;
    if (frame.url.startsWith(folder)) {
      const { functionName: name, url, lineNumber: line, columnNumber: column } = frame;
      const key = `${url}:${line}:${column}`;
      sites.set(key, { name, url, line, column, bytes: node.selfSize + (sites.get(key)?.bytes ?? 0) });
    }
    for (const child of node.children) visit(child, frame);
  };
  visit(head, head.callFrame);
  return [...sites.values()].filter(({ bytes }) => bytes > 0);
}

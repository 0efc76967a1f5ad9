import type { HeapProfiler } from 'node:inspector';
import { describe, expect, it } from 'vitest';
import { bytesIn, sitesIn } from '../../../../bench/cost/heap-profile.ts';

type ProfileNode = HeapProfiler.SamplingHeapProfileNode;

/** A function at the beginning of a line of `url`, and what it called. */
function node(name: string, url: string, line: number, selfSize: number, ...children: ProfileNode[]): ProfileNode {
  const callFrame = { functionName: name, scriptId: '1', url, lineNumber: line, columnNumber: 0 };
  return { callFrame, selfSize, children };
}

const head = node(
  '(root)',
  '',
  -1,
  1,
  node('(GC)', '', -1, 2),
  node('call', 'file:///app.js', 3, 10, node('send', 'file:///dist/a.js', 7, 100, node('set', '', -1, 50))),
  node('tick', 'node:internal/process', 9, 20, node('send', 'file:///dist/a.js', 7, 1_000), node('then', '', -1, 5)),
  node('idle', 'file:///dist/a.js', 8, 0),
);

describe('a heap profile', () => {
  it('has all that was allocated', () => {
    expect(bytesIn(head)).toBe(1_188);
  });

  it("says who allocated in a folder, with what V8's own functions did for it, whoever called it", () => {
    const send = { name: 'send', url: 'file:///dist/a.js', line: 7, column: 0, bytes: 1_150 };
    expect(sitesIn(head, 'file:///dist/')).toEqual([send]);
    expect(sitesIn(head, 'file:///elsewhere/')).toEqual([]);
  });
});

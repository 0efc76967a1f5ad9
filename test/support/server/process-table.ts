import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether this system shows its processes as files, which the functions here need. */
export const hasProcessTable = existsSync('/proc/self/stat');

/** Whether a process runs; one that has ended but that nobody has reaped does not. */
export function isRunning(pid: number): boolean {
  return !['', 'Z', 'X'].includes(read(pid).state);
}

/** The processes that a process has started and that still run. */
export function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.filter((pid) => read(pid).parent === parent && isRunning(pid));
}

/** See proc(5): the second field is a program name that may hold anything, the rest has no parentheses. */
function read(pid: number): { readonly state: string; readonly parent: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return { state: '', parent: 0 };
  }
}

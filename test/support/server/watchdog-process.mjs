// Runs as a child of its own, in a session of its own, and outlives its parent by a moment: when the parent is gone, for
// whatever reason (kill -9 included), standard input ends, and then every server it was told of is killed and every
// directory removed. Plain JavaScript, because Node 20 cannot run TypeScript without a loader.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** directory -> the process that uses it, if one does @type {Map<string, { pid: number, born: string | undefined } | undefined>} */
const guarded = new Map();

/** When a process started: the same pid with another birth is another process. Undefined when there is no such process. */
function bornAt(pid) {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a program name that may itself hold spaces and parentheses: count from the last one. See proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

async function cleanUp([directory, owner]) {
  if (owner?.born !== undefined && bornAt(owner.pid) === owner.born) {
    process.kill(owner.pid, 'SIGKILL');
    // A dying server may still create files; the directory can go only after it.
    for (let i = 0; i < 500 && bornAt(owner.pid) === owner.born; i++) await delay(10);
  }
  // Whatever the dead process had started to fill the directory goes on for a moment, and may put files back.
  for (let away = 0, i = 0; away < 3 && i < 100; i++) {
    try {
      rmSync(directory, { recursive: true, force: true });
      away = existsSync(directory) ? 0 : away + 1;
    } catch {
      away = 0;
    }
    await delay(100);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { directory, pid, release } = JSON.parse(line);
  if (release) guarded.delete(directory);
  else guarded.set(directory, pid === undefined ? undefined : { pid, born: bornAt(pid) });
}
await Promise.allSettled([...guarded].map(cleanUp));

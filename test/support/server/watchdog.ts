import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

let pipe: Writable | undefined;

/**
 * Makes sure that `directory`, and the process `pid` that works in it, do not outlive this process however it ends.
 * Call it again for the same directory when the process changes. One helper process serves all of this process's servers.
 */
export function guard(directory: string, pid?: number): void {
  tell({ directory, pid });
}

/** Ends what {@link guard} began: the directory is gone, or has become something that shall stay. */
export function release(directory: string): void {
  tell({ directory, release: true });
}

function tell(message: object): void {
  pipe ??= startWatchdog();
  pipe.write(`${JSON.stringify(message)}\n`);
}

function startWatchdog(): Writable {
  const script = fileURLToPath(new URL('./watchdog-process.mjs', import.meta.url));
  // A loader that the tests run under is of no use to plain JavaScript, and slow.
  const env = { ...process.env, NODE_OPTIONS: '' };
  // Detached: a Ctrl-C in the terminal goes to the whole foreground process group and must not reach it.
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env });
  child.on('error', () => {});
  child.stdin.on('error', () => {
    pipe = undefined;
  });
  // Neither the child nor the pipe to it may keep this process alive.
  child.unref();
  (child.stdin as Socket).unref();
  return child.stdin;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from '../command/run-command.ts';

export interface LaunchOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What the server prints is appended to this file. */
  readonly logFile: string;
}

/**
 * A child process that is signalled only through its own handle: until Node has reaped the child its pid cannot belong to
 * anyone else, and afterwards `kill` does nothing.
 */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #gone: Promise<void>;
  #error: Error | undefined;

  constructor({ program, args, env, logFile }: LaunchOptions) {
    this.#logFile = logFile;
    const log = openSync(logFile, 'a');
    try {
      // A session of its own: Ctrl-C in the terminal is for the tests; the watchdog takes the server down after them.
      this.#child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env });
    } finally {
      closeSync(log);
    }
    this.#child.unref();
    this.#gone = new Promise((resolve) => {
      this.#child.on('exit', () => resolve());
      this.#child.on('error', (error) => {
        this.#error = error;
        if (this.#child.pid === undefined) resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal; for one that ends the process see {@link end}. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal that ends the process and resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    // While someone waits for the end, the event loop has to wait too.
    this.#child.ref();
    await this.#gone;
  }

  /** Resolves when a process that was sent SIGSTOP stands still: the signal is on its way for a moment. */
  async stoodStill(): Promise<void> {
    if (process.platform !== 'linux') return;
    while (this.running) {
      const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
      if (stat.slice(stat.lastIndexOf(')')).startsWith(') T')) return;
      await delay(1);
    }
  }

  /**
   * Repeats `probe` until it succeeds.
   *
   * @throws {Error} with the end of the log at once when the process dies, or after `deadline` milliseconds.
   */
  async ready(probe: () => Promise<void>, deadline = 60_000): Promise<void> {
    const giveUp = Date.now() + deadline;
    let reason: unknown;
    while (this.running && Date.now() < giveUp) {
      try {
        await Promise.race([probe(), this.#gone]);
        if (this.running) return;
      } catch (error) {
        reason = error;
      }
      await Promise.race([delay(10), this.#gone]);
    }
    const why = this.running ? `is not ready after ${deadline} ms (${reason})` : 'died at its start';
    throw new Error(`the server ${why}${this.#error ? `: ${this.#error.message}` : ''}\n${await this.logTail()}`);
  }

  async logTail(): Promise<string> {
    return lastLines(await readFile(this.#logFile, 'utf8').catch(() => ''));
  }
}

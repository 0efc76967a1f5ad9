import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Finished {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of package.json to its end; what vitest tells its own processes is not for the one inside. */
export function runScript(script: string, ...args: readonly string[]): Promise<Finished> {
  const own = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$/.test(name));
  const options = { cwd: fileURLToPath(new URL('../../..', import.meta.url)), env: Object.fromEntries(own) };
  return new Promise((resolve) => {
    execFile('npm', ['run', '--silent', script, '--', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

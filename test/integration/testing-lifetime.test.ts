import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { useStage } from '../support/stage.ts';

const proxiedProcess = fileURLToPath(new URL('../support/testing/proxied-process.ts', import.meta.url));

/** What never ends fails by the timeout. */
describe('a process ends by itself that has never closed its fault proxy, with', { timeout: 20_000 }, () => {
  const stage = useStage('testing-lifetime');

  test.each([
    'nothing',
    'a connection that was used',
    'a slow way',
    'a black hole',
    'a refusal',
    'a fault that is waited for',
    'a test under way',
  ])('%s', async (what) => {
    const args = ['--import', 'tsx', proxiedProcess, stage.server.url(), what];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    stage.after(async () => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toBe('done\n');
  });
});

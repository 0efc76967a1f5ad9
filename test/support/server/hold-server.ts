// A program for the launcher's tests, run as `node --import tsx hold-server.ts [exit]`: starts a server, says which process
// and folder it is, and then waits to be killed, or with `exit` ends without having cleaned up.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startServer } from './server.ts';

const server = await startServer();
const [variables] = await server.admin<readonly { file: string }[]>('SELECT @@pid_file AS file');
const pid = Number(readFileSync(variables?.file ?? '', 'utf8'));
process.stdout.write(`${JSON.stringify({ pid, folder: dirname(server.socketPath ?? '') })}\n`);
if (process.argv[2] !== 'exit') setInterval(() => {}, 60_000);

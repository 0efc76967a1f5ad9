import { connectExternalServer } from './external-server.ts';
import { externalUrl } from './external-url.ts';

/**
 * For `globalSetup`: a run with `MYSQL_URL` ends before its first test, with exit code 1, when that server cannot be used. What vitest
 * makes of an error here is a page in which the message is lost.
 */
export default async function reachExternalServer(): Promise<void> {
  const url = externalUrl();
  if (url === undefined) return;
  try {
    await (await connectExternalServer(url)).destroy();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}

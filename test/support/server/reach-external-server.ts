import { connectExternalServer } from './external-server.ts';

/**
 * For `globalSetup`: a run with `MYSQL_URL` ends before its first test when that server cannot be used.
 *
 * @throws {Error} naming host and port
 */
export default async function reachExternalServer(): Promise<void> {
  const url = process.env.MYSQL_URL ?? '';
  if (url === '') return;
  try {
    await (await connectExternalServer(url)).destroy();
  } catch (error) {
    const { message } = error as Error;
    // Vitest prints the stack, and where this was found out helps nobody.
    throw Object.assign(new Error(message), { stack: message });
  }
}

import { expectOptions, expectThat } from './checks.ts';
import { FaultProxy } from './fault-proxy.ts';
import { readTarget, type ServerAddress } from './target.ts';

/** Options of `createFaultProxy()`. */
export interface FaultProxyOptions {
  /**
   * Hides from clients that the server is able to encrypt and to compress, so that the proxy can read along. Clients that only prefer TLS then go on without; those that
   * insist on it fail. Default false: what the server offers, clients see.
   */
  readonly plaintext?: boolean | undefined;
}

/**
 * Starts a proxy on a free port of `127.0.0.1`, in front of a MySQL or MariaDB server. As long as it is told nothing, it changes nothing. The server is asked for nothing
 * before a client connects; a client whose server cannot be reached gets a RST.
 *
 * It closes itself: it keeps no process alive, and ends with it.
 *
 * @param server its URL (`mysql://` or `mariadb://`), or `{ host, port }`, or `{ socketPath }`
 * @returns a promise that is fulfilled when clients can connect; rejected with a TypeError for what is no address of a server, and for unknown options. No message has a
 *   part of the URL in it
 */
export async function createFaultProxy(
  server: string | URL | ServerAddress,
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const target = readTarget(server);
  expectOptions('the options of createFaultProxy()', options, ['plaintext']);
  const { plaintext = false } = options;
  expectThat(typeof plaintext === 'boolean', '`plaintext`', plaintext, 'true or false');
  const proxy = new FaultProxy(target, plaintext);
  await proxy.open();
  return proxy;
}

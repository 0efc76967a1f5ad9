import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { now, setTimeout } from '../../../src/timers.ts';

const host = '127.0.0.1';

/** For how long a port that somebody else has now is asked for again, in milliseconds. */
const patience = 2_000;

/** Takes connections on a port of this machine, or refuses them. It keeps no process alive. */
export class Listener {
  readonly host: string = host;
  readonly #accept: (client: Socket) => void;
  #server: Server | undefined;
  #port = 0;
  #opening: Promise<void> | undefined;
  #isWanted = false;

  constructor(accept: (client: Socket) => void) {
    this.#accept = accept;
  }

  /** The same one for as long as it exists. 0 before it was open. */
  get port(): number {
    return this.#port;
  }

  /**
   * Takes connections, always on the same port.
   *
   * @throws Error where another program has taken the port in the meantime
   */
  open(): Promise<void> {
    this.#isWanted = true;
    if (this.#server !== undefined) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Refuses connections, at once: nobody listens on the port. */
  shut(): void {
    this.#isWanted = false;
    this.#server?.close();
    this.#server = undefined;
  }

  async #open(): Promise<void> {
    const end = now() + patience;
    while (this.#isWanted && this.#server === undefined) {
      try {
        const server = await listen(this.#port, this.#accept);
        if (!this.#isWanted) server.close();
        else this.#server = server;
        this.#port = (server.address() as AddressInfo | null)?.port ?? this.#port;
      } catch (error) {
        if (now() > end) throw new Error(`Another program has taken port ${this.#port}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  server.listen({ port, host, exclusive: true });
  server.unref();
  await once(server, 'listening');
  return server;
}

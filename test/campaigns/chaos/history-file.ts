import { createReadStream, createWriteStream, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import type { Call, Event, FaultWindow, History, Note, Stall } from './history.ts';

/** Everything that happens, as it happens, in a file: what a long run remembers must not look like a leak. One event on each line. */
export class HistoryFile {
  readonly path: string;
  readonly #stream;
  readonly #temporary: boolean;

  /** @param path Default: a temporary file. */
  constructor(path?: string) {
    this.#temporary = path === undefined;
    this.path = path ?? join(mkdtempSync(join(tmpdir(), 'gone-away-chaos-')), 'history.jsonl');
    this.#stream = createWriteStream(this.path);
  }

  add(event: Event): void {
    this.#stream.write(`${JSON.stringify(event)}\n`);
  }

  /** Adds nothing more. */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }

  /** What one client saw, after {@link close}. */
  async read(client: string): Promise<History> {
    const calls: Call[] = [];
    const faults: FaultWindow[] = [];
    const stalls: Stall[] = [];
    const notes: Note[] = [];
    for await (const line of createInterface({ input: createReadStream(this.path) })) {
      const event = JSON.parse(line) as Event;
      if (event.type === 'fault') faults.push(event);
      else if (event.type === 'stall') stalls.push(event);
      else if (event.client !== client) continue;
      else if (event.type === 'note') notes.push(event);
      else calls.push(event);
    }
    return { calls, faults, stalls, notes };
  }

  /** Removes it, unless it was asked for by name. */
  async remove(): Promise<void> {
    if (this.#temporary) await rm(dirname(this.path), { recursive: true, force: true });
  }
}

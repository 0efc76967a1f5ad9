import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

interface StreamHandle {
  /** Of TLS: the handle that what is encrypted is written to. */
  readonly _parent?: StreamHandle | null;
  /** Of libuv: what the kernel has not taken. Partial writes are counted to the byte. */
  readonly writeQueueSize?: unknown;
}

/**
 * Counts what was written to a socket and has not left this process: the peer does not read, and the buffers of the kernel are full. Node.js
 * documents nothing that tells: `bytesWritten` counts these bytes, too, and the callback of a write says nothing once its socket was destroyed.
 *
 * Once the socket is destroyed, they never leave. The count is of use until its 'close' event.
 *
 * @returns 0 where nobody can know: under TLS, for a stream that is no socket, on Windows (which may still send what is queued), in
 *   another version of Node.js
 */
export function unsentBytesOf(stream: object): () => number {
  const { _handle: handle } = stream as { _handle?: StreamHandle | null };
  // biome-ignore lint/style/noRestrictedGlobals: the platform, no timer
  const isKnown = stream instanceof Socket && !(stream instanceof TLSSocket) && process.platform !== 'win32';
  if (!isKnown || typeof handle?.writeQueueSize !== 'number') return () => 0;
  return () => (typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : 0);
}

/**
 * The same for whoever only wants to see it move, under TLS as well: of what waits to be encrypted nothing is known, but all of it is handed on as the kernel takes it.
 *
 * @returns 0 where nobody can know
 */
export function waitingBytesOf(stream: object): () => number {
  if (!(stream instanceof TLSSocket)) return unsentBytesOf(stream);
  const { _handle: handle } = stream as { _handle?: StreamHandle | null };
  const parent = handle?._parent;
  if (typeof parent?.writeQueueSize !== 'number') return () => 0;
  return () => (typeof parent.writeQueueSize === 'number' ? parent.writeQueueSize : 0);
}

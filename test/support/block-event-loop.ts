/** Keeps this process from doing anything at all, as a long computation or a frozen function does; without heating the machine. */
export function blockEventLoop(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Does work while Node.js prints no warnings, which a contender may give a thousand of: writing them would be measured with it. */
export async function withoutWarnings<T>(work: () => Promise<T>): Promise<T> {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  try {
    return await work();
  } finally {
    for (const print of printers) process.on('warning', print);
  }
}

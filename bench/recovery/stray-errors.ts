const events = ['uncaughtException', 'unhandledRejection'] as const;

/** Counts the errors that come to nobody. Each would have ended the process of an application, and must not end an hour of measuring. */
export function strayErrors(): { count(): number; close(): void } {
  let seen = 0;
  const see = () => {
    seen += 1;
  };
  for (const event of events) process.on(event, see);
  return {
    count: () => seen,
    close() {
      for (const event of events) process.off(event, see);
    },
  };
}

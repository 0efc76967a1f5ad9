/** Why something cannot be had on this machine, in a line; undefined when it can. For the titles of tests that are skipped. */
export async function whyNot(find: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await find();
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0];
  }
}

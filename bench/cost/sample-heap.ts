import { Session } from 'node:inspector/promises';
import { bytesIn, type Site, sitesIn } from './heap-profile.ts';

/** Bytes from one sample to the next, on average. A call allocates some thousands. */
const samplingInterval = 256;

/** What V8's sampling heap profiler has seen while `work` was done, with what is garbage by now. */
export async function sampleHeap(
  work: () => Promise<void>,
  folder: string,
): Promise<{ readonly bytes: number; readonly sites: readonly Site[] }> {
  const session = new Session();
  session.connect();
  try {
    // Without these it is what is still alive at the end.
    const garbageToo = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post('HeapProfiler.startSampling', { samplingInterval, ...garbageToo });
    await work();
    const { head } = (await session.post('HeapProfiler.stopSampling')).profile;
    return { bytes: bytesIn(head), sites: sitesIn(head, folder) };
  } finally {
    session.disconnect();
  }
}

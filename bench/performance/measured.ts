import type { Section } from '../../test/campaigns/guarantees/section.ts';
import { titleOf } from '../plan.ts';
import type { BenchReport } from '../report.ts';

type Run = Omit<BenchReport, 'command' | 'rounds' | 'cells'>;

export function measuredSection(reports: readonly BenchReport[]): Section {
  return { name: 'measured', markdown: measuredText(reports, ({ rounds }) => `${rounds} rounds`) };
}

/**
 * By what command, on what, and when; and who is missing, and why.
 *
 * @param sizeOf how often a run measured what it did
 */
export function measuredText<R extends Run>(reports: readonly R[], sizeOf: (report: R) => string): string {
  const runs = reports.map((report) => {
    const command = ['npm run bench --', ...report.arguments].join(' ');
    return `- ${report.measuredAt}: \`${command}\` on ${report.server}, ${report.machine}; ${sizeOf(report)}. Load average before it began: ${report.load.toFixed(1)}.`;
  });
  const versions = new Map(reports.flatMap((report) => Object.entries(report.versions)));
  const named = [...versions].map(([name, version]) => `${name} ${version}`).join(', ');
  const missing = new Set(
    reports.flatMap(({ leftOut }) =>
      leftOut.map(({ group, contender, reason }) => `- Left out: ${titleOf(group, contender)} (${reason}).`),
    ),
  );
  return ['Measured:', '', ...runs, ...missing, '', `Versions: ${named}.`].join('\n');
}

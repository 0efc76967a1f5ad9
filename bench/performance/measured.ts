import type { Section } from '../../test/campaigns/guarantees/section.ts';
import { titleOf } from '../plan.ts';
import type { BenchReport } from '../report.ts';

/** By what command, on what, and when; and who is missing, and why. */
export function measuredSection(reports: readonly BenchReport[]): Section {
  const runs = reports.map((report) => {
    const command = ['npm run bench --', ...report.arguments].join(' ');
    return `- ${report.measuredAt}: \`${command}\` on ${report.server}, ${report.machine}; ${report.rounds} rounds. Load average before it began: ${report.load.toFixed(1)}.`;
  });
  const versions = new Map(reports.flatMap((report) => Object.entries(report.versions)));
  const named = [...versions].map(([name, version]) => `${name} ${version}`).join(', ');
  const missing = new Set(
    reports.flatMap(({ leftOut }) =>
      leftOut.map(({ group, contender, reason }) => `- Left out: ${titleOf(group, contender)} (${reason}).`),
    ),
  );
  return {
    name: 'measured',
    markdown: ['Measured:', '', ...runs, ...missing, '', `Versions: ${named}.`].join('\n'),
  };
}

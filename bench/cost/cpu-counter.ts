import { Child } from './child.ts';
import type { Counter } from './counter.ts';
import { cpuFactor, nodeFlags } from './plan.ts';

export const cpuCounter: Counter = {
  unit: 'ns',
  how: 'process.cpuUsage() (user CPU time: there is no valgrind that runs this Node.js)',
  factor: cpuFactor,
  lanes: 1,
  begin: async (program) => new Child([process.execPath, ...nodeFlags, program]),
};

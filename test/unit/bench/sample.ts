import type { Comparison } from '../../../bench/compare.ts';
import type { BenchReport, Cell } from '../../../bench/report.ts';

const first: Comparison = {
  name: 'bare',
  ratio: 1,
  spread: [1, 1],
  callsPerSecond: 9_000,
  cpuRatio: 1,
  cpuSpread: [1, 1],
  cpuPerCall: 50,
};

const other: Comparison = {
  name: 'knex',
  ratio: 0.5,
  spread: [0.4, 0.6],
  callsPerSecond: 4_500,
  cpuRatio: 2,
  cpuSpread: [1.9, 2.1],
  cpuPerCall: 100,
};

export function cellOf(different: Partial<Cell> = {}): Cell {
  const place = { group: 'mysql2', path: 'loopback', statement: 'ping', concurrency: 1 } as const;
  return { ...place, callsPerRound: 100, contenders: [first, other], ...different };
}

export function reportOf(different: Partial<BenchReport> = {}): BenchReport {
  return {
    command: 'bench',
    arguments: ['--json'],
    measuredAt: '2026-01-02',
    machine: '2 x CPU, 4 GB, Node.js 20.0.0',
    load: 0.25,
    server: 'mariadb 10.11.1',
    versions: { mysql2: '3.24.6' },
    rounds: 30,
    cells: [cellOf()],
    leftOut: [],
    ...different,
  };
}

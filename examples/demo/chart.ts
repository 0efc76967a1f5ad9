import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as echarts from 'echarts';
import { type ClientKey, clientTitles } from './clients.ts';
import type { Entry } from './ledger.ts';
import type { FaultWindow } from './timeline.ts';
import type { Finding, Found } from './verdict.ts';

export interface ChartColumn {
  readonly client: ClientKey;
  readonly entries: readonly Entry[];
  readonly findings: readonly Found[];
}

const succeeded = ({ answer }: Entry) => answer === 'ok';

/** Okabe and Ito's palette, which colour-blind people can tell apart; and from light to dark, for print. */
const layers: readonly (readonly [name: string, color: string, matches: (entry: Entry) => boolean])[] = [
  ['succeeded', '#56b4e9', succeeded],
  ['"outcome unknown"', '#e69f00', ({ answer }) => answer === 'unknown'],
  ['failed', '#d55e00', ({ answer }) => answer === 'failed'],
  ['hung', '#000000', ({ answer }) => answer === 'hung'],
];

interface Mark {
  readonly name: string;
  readonly finding: Finding;
  readonly symbol: string;
  readonly color: string;
  /** How far above the highest bar. */
  readonly level: number;
}

const marks: readonly Mark[] = [
  { name: 'applied twice', finding: 'applied twice', symbol: 'diamond', color: '#cc79a7', level: 1.1 },
  { name: 'reported failed, yet applied', finding: 'false failure', symbol: 'triangle', color: '#009e73', level: 1.25 },
  { name: 'acknowledged, then lost', finding: 'lost', symbol: 'rect', color: '#0072b2', level: 1.4 },
];

const size = { width: 1_280, left: 200, right: 24, top: 142, row: 112, gap: 40, bottom: 56 };
const text = '#333333';
const fontFamily = 'sans-serif';
/** Operations per second between two lines of the y axis. */
const tick = 25;

/** Makes sure that the chart can be written, before a minute is spent on it. @throws the system's error if it cannot */
export async function prepareChartFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a');
  await handle.close();
}

/** Operations by the second in which they were due, and what became of them, one row for each client. */
export async function drawChart(
  file: string,
  columns: readonly ChartColumn[],
  faults: readonly FaultWindow[],
  seconds: number,
): Promise<void> {
  const height = size.top + columns.length * (size.row + size.gap) - size.gap + size.bottom;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: size.width, height });
  try {
    chart.setOption(optionsOf(columns, faults, seconds));
    await writeFile(file, chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

function optionsOf(
  columns: readonly ChartColumn[],
  faults: readonly FaultWindow[],
  seconds: number,
): echarts.EChartsOption {
  // All rows have the same scale, so that they can be compared.
  const most = Math.max(1, ...columns.flatMap(({ entries }) => perSecond(entries, seconds, () => true)));
  // What nobody did wrong needs no place in the legend.
  const seen = marks.filter(({ finding }) => columns.some(({ findings }) => findings.some(isOf(finding))));
  const top = (row: number) => size.top + row * (size.row + size.gap);
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily },
    title: [
      {
        text: 'One workload, six clients, ten ways for a MySQL server to go away',
        subtext: 'operations per second, by the time they were due, and what the caller was told',
        left: 20,
        top: 10,
        textStyle: { fontSize: 18, color: text },
        subtextStyle: { fontSize: 13, color: text },
      },
      ...columns.map(({ client, entries }, row) => ({
        text: clientTitles[client],
        subtext: `${entries.filter(succeeded).length} of ${entries.length}\nsucceeded`,
        left: 20,
        top: top(row) + 16,
        textStyle: { fontSize: 14, color: text },
        subtextStyle: { fontSize: 12, lineHeight: 16, color: text },
      })),
    ],
    legend: { top: 68, left: 15, itemGap: 30, textStyle: { fontSize: 12, color: text } },
    grid: columns.map((_, row) => ({ left: size.left, right: size.right, top: top(row), height: size.row })),
    xAxis: columns.map((_, row) => ({
      type: 'value',
      gridIndex: row,
      min: 0,
      max: seconds,
      interval: seconds <= 60 ? 5 : Math.ceil(seconds / 60) * 5,
      splitLine: { show: false },
      axisLabel: { color: text },
      ...(row === columns.length - 1 && { name: 'seconds', nameLocation: 'middle', nameGap: 28 }),
    })),
    yAxis: columns.map((_, row) => ({
      type: 'value',
      gridIndex: row,
      min: 0,
      max: Math.ceil((most * 1.5) / tick) * tick,
      interval: tick,
      splitLine: { lineStyle: { color: '#eeeeee' } },
      axisLabel: { color: text },
    })),
    series: columns.flatMap((column, row) => seriesOf(column, row, faults, seconds, most, seen)),
  };
}

function seriesOf(
  { entries, findings }: ChartColumn,
  row: number,
  faults: readonly FaultWindow[],
  seconds: number,
  most: number,
  seen: readonly Mark[],
): echarts.SeriesOption[] {
  const axes = { xAxisIndex: row, yAxisIndex: row };
  const barWidth = Math.max(1, (size.width - size.left - size.right) / seconds - 1);
  const bars = layers.map(([name, color, matches], layer): echarts.SeriesOption => {
    const data = perSecond(entries, seconds, matches).map((count, second) => [second + 0.5, count]);
    const bands = layer === 0 ? { markArea: bandsOf(faults, row === 0) } : {};
    return { type: 'bar', name, stack: `row ${row}`, ...axes, barWidth, itemStyle: { color }, data, ...bands };
  });
  const points = seen.map(({ name, finding, symbol, color, level }): echarts.SeriesOption => {
    const data = findings.filter(isOf(finding)).map(({ entry }) => [entry.operation.at / 1000, most * level]);
    const itemStyle = { color, borderColor: '#ffffff', borderWidth: 0.5 };
    return { type: 'scatter', name, ...axes, symbol, symbolSize: 10, itemStyle, data };
  });
  return [...bars, ...points];
}

function bandsOf(faults: readonly FaultWindow[], labelled: boolean): echarts.MarkAreaComponentOption {
  return {
    silent: true,
    itemStyle: { color: 'rgba(0, 0, 0, 0.09)' },
    label: { show: labelled, position: 'top', distance: 6, color: text, fontSize: 11, lineHeight: 13 },
    data: faults.map(({ name, from, to }) => [
      { name: name.replace('too many ', 'too many\n'), xAxis: from / 1000 },
      { xAxis: to / 1000 },
    ]),
  };
}

const isOf =
  (finding: Finding) =>
  (found: Found): boolean =>
    found.finding === finding;

function perSecond(entries: readonly Entry[], seconds: number, matches: (entry: Entry) => boolean): number[] {
  const counts = new Array<number>(seconds).fill(0);
  for (const entry of entries) {
    const second = Math.min(seconds - 1, Math.floor(entry.operation.at / 1000));
    if (matches(entry)) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

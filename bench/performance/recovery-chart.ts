import * as echarts from 'echarts';
import { titleOf } from '../plan.ts';
import type { Distribution } from '../recovery/distribution.ts';
import { faultTitles, limitMs, recoveryContenders } from '../recovery/plan.ts';
import type { FaultCell } from '../recovery/report.ts';
import type { Recovery } from '../recovery/summary.ts';

/** Okabe and Ito's palette, which colour-blind people can tell apart; in the order of the contenders. */
const colors = ['#0072b2', '#e69f00', '#d55e00', '#009e73'];
const text = '#333333';
const size = { width: 1_280, left: 170, right: 40, top: 124, row: 56, bottom: 40, between: 36 };

/** Less is not to be told apart on a scale of logarithms. */
const leastMs = 1;

const panels: readonly (readonly [title: string, of: (found: Recovery) => Distribution])[] = [
  ['first success', ({ firstSuccess }) => firstSuccess],
  ['all callers served', ({ allServed }) => allServed],
  ['throughput from before', ({ throughput }) => throughput],
];

/** How soon each contender was back after each fault, as an SVG. */
export function drawRecoveryChart(cells: readonly FaultCell[]): string {
  const height = size.top + cells.length * size.row + size.bottom;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: size.width, height });
  try {
    chart.setOption(optionsOf(cells));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionsOf(cells: readonly FaultCell[]): echarts.EChartsOption {
  const width = (size.width - size.left - size.right - (panels.length - 1) * size.between) / panels.length;
  const leftOf = (panel: number) => size.left + panel * (width + size.between);
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: [
      {
        text: 'Milliseconds from the end of a fault until callers are served again',
        subtext: `further left is sooner; filled: the median, hollow: the worst or the 99th percentile; at the right edge: not within ${limitMs / 1000} s`,
        left: 20,
        top: 10,
        textStyle: { fontSize: 18, color: text },
        subtextStyle: { fontSize: 13, color: text },
      },
      ...panels.map(([title], panel) => ({
        text: title,
        left: leftOf(panel),
        top: size.top - 26,
        textStyle: { fontSize: 13, color: text },
      })),
    ],
    legend: { top: 60, left: 15, itemGap: 30, textStyle: { fontSize: 12, color: text } },
    grid: panels.map((_, panel) => ({
      left: leftOf(panel),
      top: size.top,
      width,
      height: cells.length * size.row,
    })),
    xAxis: panels.map((_, gridIndex) => ({
      type: 'log',
      gridIndex,
      min: leastMs,
      max: limitMs,
      axisLabel: { color: text },
      splitLine: { lineStyle: { color: '#eeeeee' } },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      type: 'category',
      gridIndex,
      inverse: true,
      data: cells.map(({ fault }) => faultTitles[fault]),
      axisLabel: { show: gridIndex === 0, color: text },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: '#eeeeee' } },
    })),
    series: panels.flatMap(([, of], panel) => seriesOf(cells, panel, of)),
  };
}

/** A series for each contender, so that the legend tells them apart. */
function seriesOf(
  cells: readonly FaultCell[],
  panel: number,
  of: (found: Recovery) => Distribution,
): echarts.SeriesOption[] {
  const lane = (size.row - 12) / recoveryContenders.length;
  const names = recoveryContenders.filter((name) => cells.some(({ contenders }) => has(contenders, name)));
  return names.map((name): echarts.SeriesOption => {
    const place = recoveryContenders.indexOf(name);
    const color = colors[place] ?? text;
    const symbolOffset = [0, (place - (recoveryContenders.length - 1) / 2) * lane];
    const hollow = { color: '#ffffff', borderColor: color, borderWidth: 1.5 };
    const data = cells.flatMap(({ contenders }, row) =>
      contenders
        .filter((found) => found.name === name)
        .flatMap((found) => [
          { value: [onScale(of(found).tail), row], symbolOffset, itemStyle: hollow },
          { value: [onScale(of(found).median), row], symbolOffset },
        ]),
    );
    const axes = { xAxisIndex: panel, yAxisIndex: panel };
    return { type: 'scatter', name: titleOf('mysql2', name), ...axes, symbolSize: 8, itemStyle: { color }, data };
  });
}

const has = (contenders: readonly Recovery[], name: string): boolean => contenders.some((one) => one.name === name);

const onScale = (ms: number | null): number => (ms === null ? limitMs : Math.max(leastMs, ms));

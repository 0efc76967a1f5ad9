import * as echarts from 'echarts';
import { type Group, groups, type Path, paths, pathTitles, statements, statementTitles, titleOf } from '../plan.ts';
import type { Cell } from '../report.ts';

/** Okabe and Ito's palette, which colour-blind people can tell apart; in the order of the statements. */
const colors = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7'];
const text = '#333333';
const size = { width: 1_280, left: 280, right: 30, top: 124, row: 38, gap: 66, bottom: 40, between: 40 };

/** One group on one path. */
export interface Panel {
  readonly group: Group;
  readonly path: Path;
  readonly names: readonly string[];
  readonly cells: readonly Cell[];
}

/** Rows of panels, one for each group, with a panel for each path. */
export function panelsOf(cells: readonly Cell[]): readonly (readonly Panel[])[] {
  const rows = groups.map((group) => {
    const own = cells.filter((cell) => cell.group === group);
    // All panels of a row have the same contenders, so that one set of names does for them.
    const names = [...new Set(own.flatMap(({ contenders }) => contenders.map(({ name }) => name)))];
    return paths
      .map((path) => ({ group, path, names, cells: own.filter((cell) => cell.path === path) }))
      .filter((panel) => panel.cells.length > 0);
  });
  return rows.filter((row) => row.length > 0);
}

/** The throughput of every contender in every statement, as an SVG. */
export function drawChart(cells: readonly Cell[]): string {
  const rows = panelsOf(cells);
  const heights = rows.map(([panel]) => (panel?.names.length ?? 0) * size.row);
  const height = size.top + heights.reduce((sum, own) => sum + own + size.gap, 0) + size.bottom - size.gap;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: size.width, height });
  try {
    chart.setOption(optionsOf(rows, heights, cells));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionsOf(
  rows: readonly (readonly Panel[])[],
  heights: readonly number[],
  cells: readonly Cell[],
): echarts.EChartsOption {
  const counts = [...new Set(cells.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
  const columns = Math.max(1, ...rows.map(({ length }) => length));
  const width = (size.width - size.left - size.right - (columns - 1) * size.between) / columns;
  const placed = rows.flatMap((row, line) => {
    const top = size.top + heights.slice(0, line).reduce((sum, own) => sum + own + size.gap, 0);
    return row.map((panel, column) => ({
      panel,
      column,
      grid: { left: size.left + column * (width + size.between), top, width, height: heights[line] ?? 0 },
    }));
  });
  // All panels have the same scale, so that they can be compared.
  const ratios = cells.flatMap(({ contenders }) => contenders.map(({ ratio }) => ratio)).filter((ratio) => ratio > 0);
  const [least, most] = [
    2 ** Math.floor(Math.log2(Math.min(0.5, ...ratios))),
    2 ** Math.ceil(Math.log2(Math.max(2, ...ratios))),
  ];
  const atOnce = counts.map((count) => (count === 1 ? 'one call after the other' : `${count} at a time`));
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: [
      {
        text: 'Throughput while nothing fails, against the first contender of each group',
        subtext: `further right is faster; in each row, from top to bottom: ${atOnce.join(', ')}`,
        left: 20,
        top: 10,
        textStyle: { fontSize: 18, color: text },
        subtextStyle: { fontSize: 13, color: text },
      },
      ...placed.map(({ panel, grid }) => ({
        text: `${panel.group}, ${pathTitles[panel.path]}`,
        left: grid.left,
        top: grid.top - 26,
        textStyle: { fontSize: 13, color: text },
      })),
    ],
    legend: { top: 60, left: 15, itemGap: 30, textStyle: { fontSize: 12, color: text } },
    grid: placed.map(({ grid }) => grid),
    xAxis: placed.map((_, gridIndex) => ({
      type: 'log',
      logBase: 2,
      gridIndex,
      min: least,
      max: most,
      axisLabel: { color: text },
      splitLine: { lineStyle: { color: '#eeeeee' } },
    })),
    yAxis: placed.map(({ panel, column }, gridIndex) => ({
      type: 'category',
      gridIndex,
      inverse: true,
      data: panel.names.map((name) => titleOf(panel.group, name)),
      axisLabel: { show: column === 0, color: text },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: '#eeeeee' } },
    })),
    series: placed.flatMap(({ panel }, index) => seriesOf(panel, index, counts)),
  };
}

/** A series for each statement, so that the legend tells them apart. */
function seriesOf(panel: Panel, index: number, counts: readonly number[]): echarts.SeriesOption[] {
  const lane = (size.row - 8) / Math.max(1, counts.length);
  return statements.map((statement, place): echarts.SeriesOption => {
    const data = panel.cells
      .filter((cell) => cell.statement === statement)
      .flatMap(({ concurrency, contenders }) =>
        contenders.slice(1).map(({ name, ratio }) => ({
          value: [ratio, panel.names.indexOf(name)],
          symbolOffset: [0, (counts.indexOf(concurrency) - (counts.length - 1) / 2) * lane],
        })),
      );
    return {
      type: 'scatter',
      name: statementTitles[statement],
      xAxisIndex: index,
      yAxisIndex: index,
      symbolSize: 8,
      itemStyle: { color: colors[place] ?? text, opacity: 0.85 },
      data,
      ...(place === 0 && { markLine: asFastAsTheFirst }),
    };
  });
}

const asFastAsTheFirst: echarts.MarkLineComponentOption = {
  silent: true,
  symbol: 'none',
  label: { show: false },
  lineStyle: { color: text, type: 'solid', width: 1 },
  data: [{ xAxis: 1 }],
};

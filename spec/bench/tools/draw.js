import { init } from 'echarts';

/** @import { CurveResult } from './curve.js' */

const SIZE = { width: 760, height: 440 };

/** A picture of a curve, as SVG. @param {CurveResult} curve */
export function draw({ title, x, y, logarithmic = false, xs, series }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    // It guesses how wide a text is, and guesses too little.
    legend: { bottom: 0, show: series.length > 1, itemGap: 35 },
    grid: { left: 90, right: 30, top: 50, bottom: 125 },
    // Its values are powers, and 0: names rather than a logarithmic axis.
    xAxis: {
      type: 'category',
      name: x,
      nameLocation: 'middle',
      nameGap: 32,
      data: xs.map((value) => value.toLocaleString('en')),
    },
    yAxis: {
      ...(logarithmic ? { type: 'log' } : { type: 'value', min: 0 }),
      name: y,
      nameLocation: 'middle',
      nameGap: 65,
    },
    series: series.map(({ name, values }) => ({
      type: 'line',
      name,
      data: values.map((value) => Number(value.toPrecision(3))),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** @import { Result, Unit } from './row.js' */

const HEADS = ['id', 'what', 'figure', 'against', 'figure', 'ratio', 'budget', 'met', 'original'];

/** @param {readonly Result[]} results */
export function renderTable(results) {
  const lines = [HEADS, ...results.map(cells)];
  const widths = HEADS.map((_, column) => Math.max(...lines.map((line) => /** @type {string} */ (line[column]).length)));
  const [head, ...body] = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(/** @type {number} */ (widths[column]))).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}

/** @param {Result} result */
function cells({ id, what, figure, against, reference, ratio, budget, met, original, unit }) {
  const limit = budget === undefined ? '' : against === undefined ? `≤ ${format(budget, unit)}` : `≤ ${budget}×`;
  return [
    id,
    what,
    format(figure, unit),
    against ?? '',
    reference === undefined ? '' : format(reference, unit),
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
    limit,
    met === undefined ? '' : met ? 'yes' : 'NO',
    original ?? '',
  ];
}

/** @param {number} value @param {Unit} unit */
function format(value, unit) {
  if (unit !== 'ns') return `${round(value)} ${unit}`;
  if (value < 1000) return `${round(value)} ns`;
  return value < 1e6 ? `${round(value / 1000)} µs` : `${round(value / 1e6)} ms`;
}

/** Three digits. @param {number} value */
function round(value) {
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

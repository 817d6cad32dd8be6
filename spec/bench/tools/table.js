/** @import { Result, Unit } from './row.js' */

export const HEADS = ['id', 'what', 'figure', 'against', 'figure', 'ratio', 'budget', 'met', 'alpha2', 'HEAD'];

/** @param {readonly Result[]} results */
export function renderTable(results) {
  return tableOf([HEADS, ...results.map(cellsOf)]);
}

/**
 * A table as Markdown has it, and prettier leaves it.
 *
 * @param {readonly (readonly string[])[]} lines the first one is its head
 */
export function tableOf(lines) {
  const [heads = []] = lines;
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? '').length)));
  const padded = lines.map((line) => widths.map((width, column) => (line[column] ?? '').padEnd(width)));
  const [head, ...body] = [...padded.slice(0, 1), widths.map((width) => '-'.repeat(width)), ...padded.slice(1)].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return [head, ...body].join('\n');
}

/** @param {Result} result */
export function cellsOf({ id, what, figure, against, reference, ratio, budget, met, alpha2, head, unit }) {
  const limit = budget === undefined ? '' : against === undefined ? `≤ ${format(budget, unit)}` : `≤ ${budget}×`;
  return [
    id,
    what,
    format(figure, unit),
    against ?? '',
    reference === undefined ? '' : format(reference, unit),
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
    limit,
    met === undefined ? '' : met ? 'yes' : 'no',
    alpha2 ?? '',
    head ?? '',
  ];
}

/** @param {number} value @param {Unit} unit */
function format(value, unit) {
  if (unit === 'bytes a call') return `${Number(value.toFixed(1))} bytes`;
  if (unit === 'bytes') return `${round(value)} bytes`;
  if (value < 1000) return `${round(value)} ns`;
  return value < 1e6 ? `${round(value / 1000)} µs` : `${round(value / 1e6)} ms`;
}

/** Three digits. @param {number} value */
function round(value) {
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

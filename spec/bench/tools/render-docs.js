import { cellsOf, HEADS, tableOf } from './table.js';

/** @import { CurveResult } from './curve.js' */
/** @import { Result } from './row.js' */

/**
 * @typedef {{ date: string, processor: string, system: string, node: string, v8: string, mapping:
 * string, results: Result[] }} Run
 */

/**
 * Puts the figures of a run into a page: between `<!-- bench NAME -->` and `<!-- / -->`, whatever
 * stood there.
 *
 * @param {string} page
 * @param {Run} run
 * @param {readonly CurveResult[]} curves
 */
export function renderDocs(page, run, curves) {
  const parts = new Map([
    ['machine', machine(run)],
    ['budgets', table(run.results.filter(({ id, budget }) => budget !== undefined && !id.startsWith('heap-')))],
    ['heap', table(run.results.filter(({ id }) => id.startsWith('heap-')))],
    ['others', table(run.results.filter(({ id, budget }) => budget === undefined && !/^(heap|peer)-/.test(id)))],
    ['peers', table(run.results.filter(({ id }) => id.startsWith('peer-')))],
    ...curves.map((curve) => /** @type {[string, string]} */ ([curve.id, picture(curve)])),
  ]);
  return page.replaceAll(/<!-- bench ([a-z-]+) -->[^]*?<!-- \/ -->/g, (_, /** @type {string} */ name) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`Nothing called ${name} was measured.`);
    return `<!-- bench ${name} -->\n\n${part}\n\n<!-- / -->`;
  });
}

/** @param {Run} run */
function machine({ date, processor, system, node, v8, mapping }) {
  return `Measured on ${date}: ${processor}; ${system}; Node ${node}, V8 ${v8}; files mapped by ${mapping}.`;
}

/**
 * Without the columns that are empty, and without the names that only the command line needs.
 *
 * @param {readonly Result[]} results
 */
function table(results) {
  const lines = [HEADS, ...results.map(cellsOf)];
  const kept = HEADS.map((head, column) => head !== 'id' && lines.slice(1).some((line) => line[column] !== ''));
  return tableOf(lines.map((line) => line.filter((_, column) => kept[column])));
}

/** @param {CurveResult} curve */
function picture({ id, title, x, y, xs, series }) {
  const number = (/** @type {number} */ value) => Number(value.toPrecision(3)).toLocaleString('en');
  const lines = [
    [x, ...series.map(({ name }) => `${name} (${y})`)],
    ...xs.map((value, index) => [
      value.toLocaleString('en'),
      ...series.map(({ values }) => number(values[index] ?? NaN)),
    ]),
  ];
  return `![${title}](performance/${id}.svg)\n\n${tableOf(lines)}`;
}

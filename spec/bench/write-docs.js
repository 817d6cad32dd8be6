// Writes the figures of docs/performance.md: of a new run, kept in docs/performance. With
// `--curves` only the curves are measured anew, with `--keep` nothing is.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allCurves } from './curves/all-curves.js';
import { allRows } from './rows/all-rows.js';
import { draw } from './tools/draw.js';
import { machine } from './tools/machine.js';
import { measureCurve, measureRow } from './tools/measure-in-own-process.js';
import { withoutMissing } from './tools/programs.js';
import { renderDocs } from './tools/render-docs.js';

const DOCS = new URL('../../docs/', import.meta.url);
const PAGE = new URL('performance.md', DOCS);
const RUN = new URL('performance/bench.json', DOCS);
const CURVES = new URL('performance/curves.json', DOCS);

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, curves: { type: 'boolean', default: false } },
});

if (!values.keep && !values.curves) {
  const results = [];
  for (const row of withoutMissing(allRows)) {
    console.log(row.what);
    results.push(await measureRow(row, false));
  }
  write(RUN, { ...machine(), results });
}
if (!values.keep) {
  const curves = [];
  for (const curve of allCurves) {
    console.log(curve.title);
    curves.push(await measureCurve(curve, false));
  }
  write(CURVES, curves);
}
const run = JSON.parse(readFileSync(RUN, 'utf8'));
const curves = JSON.parse(readFileSync(CURVES, 'utf8'));
for (const curve of curves) writeFileSync(new URL(`performance/${curve.id}.svg`, DOCS), draw(curve));
writeFileSync(PAGE, renderDocs(readFileSync(PAGE, 'utf8'), run, curves));

/** @param {URL} file @param {unknown} value */
function write(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

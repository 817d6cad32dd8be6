// The bench: measures rows one after the other, prints a table. It is no test, and exits 0 whatever it measures.
import { parseArgs } from 'node:util';
import { measureRow } from './tools/measure-apart.js';
import { machine } from './tools/machine.js';
import { renderTable } from './tools/table.js';
import { allRows } from './rows/all-rows.js';

const USAGE = `npm run bench -- [options]

  --filter TEXT   only the rows with TEXT in their id or description
  --quick         few rounds and small files: shows that everything runs, its figures say little
  --json          prints one JSON object instead of the table
  --help          prints this`;

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const rows = allRows.filter(({ id, what }) => `${id} ${what}`.includes(values.filter));
  const results = [];
  for (const [index, row] of rows.entries()) {
    console.error(`${index + 1}/${rows.length} ${row.id}: ${row.what}`);
    results.push(await measureRow(row, values.quick));
  }
  console.log(
    values.json ? JSON.stringify({ ...machine(), quick: values.quick, results }, null, 2) : renderTable(results),
  );
}

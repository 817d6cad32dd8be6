// The bench: measures rows one after the other, prints a table. It is no test, and exits 0 whatever
// it measures.
import { parseArgs } from 'node:util';
import { allRows } from './rows/all-rows.js';
import { machine } from './tools/machine.js';
import { measureRow } from './tools/measure-in-own-process.js';
import { withoutMissing } from './tools/programs.js';
import { renderTable } from './tools/table.js';

/** @import { Result } from './tools/row.js' */

const USAGE = `npm run bench -- [options]

  --filter TEXT   only the rows with TEXT in their id or description
  --quick         few rounds and small files: shows that everything runs, its figures say little
  --json          prints one JSON object instead of the table (npm run --silent bench -- --json)
  --help          prints this`;

const options = /** @type {const} */ ({
  filter: { type: 'string', default: '' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

const { filter, quick, json, help } = readOptions();
const asked = allRows.filter(({ id, what }) => `${id} ${what}`.toLowerCase().includes(filter.toLowerCase()));

if (help) {
  console.log(USAGE);
} else if (asked.length === 0) {
  console.error(
    `No row has ${JSON.stringify(filter)} in its id or description. The ids:\n${allRows.map(({ id }) => `  ${id}`).join('\n')}`,
  );
  process.exitCode = 2;
} else {
  /** @type {Result[]} */
  const results = [];
  const rows = withoutMissing(asked);
  for (const [index, row] of rows.entries()) {
    console.error(`${index + 1}/${rows.length} ${row.id}: ${row.what}`);
    try {
      results.push(await measureRow(row, quick));
    } catch (error) {
      // The others are worth something all the same.
      console.error(`  not measured: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  console.log(json ? JSON.stringify({ ...machine(), quick, results }, null, 2) : renderTable(results));
  if (quick && !json) console.log('\nMeasured with --quick: not to be gone by.');
}

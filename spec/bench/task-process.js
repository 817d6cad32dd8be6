// Measures one row or curve in a process of its own: what others have taught the compiler about a
// shared function does not count then.
import { allCurves } from './curves/all-curves.js';
import { allRows } from './rows/all-rows.js';

/** @typedef {{ id: string, setting: import('./tools/row.js').Setting }} Task */

process.on('message', (/** @type {Task} */ task) => void perform(task));
// Whoever asked is gone.
process.on('disconnect', () => process.exit(1));

/** @param {Task} task */
async function perform({ id, setting }) {
  const task = [...allRows, ...allCurves].find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`There is nothing called ${id} to measure.`);
  const measured = await task.measure(setting);
  // Threads may be asleep, and files open: nothing of it is needed any more.
  process.send?.(measured, () => process.exit(0));
}

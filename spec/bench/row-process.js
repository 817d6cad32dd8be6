// Measures one row in a process of its own: what other rows have taught the compiler about a shared function does not count then.
import { findRow } from './rows/all-rows.js';

process.on('message', async (/** @type {{ id: string, setting: import('./tools/row.js').Setting }} */ { id, setting }) => {
  const measured = await findRow(id).measure(setting);
  // Threads may be asleep, and files open: nothing of it is needed any more.
  process.send?.(measured, () => process.exit(0));
});

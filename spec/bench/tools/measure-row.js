import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @import { Measurement, Result, Row } from './row.js' */

const FULL = { quick: false, rounds: 9, ms: 150 };
const QUICK = { quick: true, rounds: 2, ms: 10 };

/**
 * Measures one row in a process and a folder of its own.
 *
 * @param {Row} row
 * @param {boolean} quick
 * @returns {Promise<Result>}
 */
export async function measureRow({ measure: _, flags = [], ...row }, quick) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  try {
    const child = fork(new URL('../row-process.js', import.meta.url), {
      execArgv: ['--expose-gc', ...flags],
    });
    child.send({ id: row.id, setting: { ...(quick ? QUICK : FULL), folder } });
    /** @type {Measurement | undefined} */
    let measured;
    child.on('message', (message) => (measured = /** @type {Measurement} */ (message)));
    const [code] = await once(child, 'exit');
    if (measured === undefined) throw new Error(`Row ${row.id} has ended with ${code} and measured nothing.`);
    const cost = row.against === undefined ? measured.figure : measured.ratio;
    return row.budget === undefined ? { ...row, ...measured } : { ...row, ...measured, met: Number(cost) <= row.budget };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

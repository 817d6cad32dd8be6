import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @import { Curve, CurveResult, Measured } from './curve.js' */
/** @import { Measurement, Result, Row } from './row.js' */

const FULL = { quick: false, rounds: 9, ms: 150 };
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const QUICK = { quick: true, rounds: 2, ms: 10 };

/** @param {Row} row @param {boolean} quick @returns {Promise<Result>} */
export async function measureRow({ measure: _, flags = [], needs: __, ...row }, quick) {
  const measured = /** @type {Measurement} */ (await measureInOwnProcess(row.id, quick, flags));
  const cost = row.against === undefined ? measured.figure : measured.ratio;
  return row.budget === undefined ? { ...row, ...measured } : { ...row, ...measured, met: Number(cost) <= row.budget };
}

/** @param {Curve} curve @param {boolean} quick @returns {Promise<CurveResult>} */
export async function measureCurve({ measure: _, ...curve }, quick) {
  return { ...curve, .../** @type {Measured} */ (await measureInOwnProcess(curve.id, quick, [])) };
}

/**
 * Measures in a process and a folder of its own.
 *
 * @param {string} id
 * @param {boolean} quick
 * @param {readonly string[]} flags
 * @returns {Promise<unknown>}
 */
async function measureInOwnProcess(id, quick, flags) {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
  const child = fork(new URL('../task-process.js', import.meta.url), { execArgv: ['--expose-gc', ...flags] });
  const clean = () => rmSync(folder, { recursive: true, force: true });
  const stop = () => {
    child.kill('SIGKILL');
    clean();
    process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    child.send({ id, setting: { ...(quick ? QUICK : FULL), folder } });
    /** @type {unknown} */
    let measured;
    child.on('message', (message) => (measured = message));
    const [code] = await once(child, 'exit');
    if (measured === undefined) throw new Error(`Its process has ended with ${code}; what it said is above.`);
    return measured;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    clean();
  }
}

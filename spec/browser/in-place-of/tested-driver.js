import { testedWindow } from '../../support/tested-window.js';

/** @import { Window } from '../../support/tested-window.js' */

/**
 * Tests in a browser are about memory, or windows.
 *
 * @template M
 * @template {Window} W
 * @param {{ MemDriver: new (options: { initialData?: Uint8Array }) => M; WindowDriver: new
 *   (options: { maxBytes: number; blockSize: number }) => W; }} classes
 * @param {Uint8Array} [initialData]
 * @param {number} [holds] - how many bytes have to fit in, even if it is a window
 * @returns {M | W}
 */
export function testedDriver({ MemDriver, WindowDriver }, initialData, holds) {
  return isWindowTested() ? testedWindow(WindowDriver, initialData, holds) : new MemDriver({ initialData });
}

export function testedFolder() {
  return undefined;
}

export function isWindowTested() {
  return process.env.TESTED_DRIVER === 'window';
}

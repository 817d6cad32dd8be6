/** @import { StoredContent } from '../../lib/index.js' */
/**
 * @typedef {{ open: () => StoredContent; write: (offset: number, data: Uint8Array) => void }}
 *   Window
 */

/** So small that tests that stream fill it, in bytes. */
const WINDOW = 2 ** 19;
const BLOCK = 2 ** 12;

/**
 * A small window; with `initialData` it opens committed.
 *
 * @template {Window} W
 * @param {new (options: { maxBytes: number; blockSize: number }) => W} WindowDriver
 * @param {Uint8Array} [initialData]
 * @param {number} [holds] - how many bytes have to fit in at the same time
 */
export function testedWindow(WindowDriver, initialData, holds = initialData?.length ?? 0) {
  const driver = new WindowDriver({ maxBytes: Math.max(WINDOW, holds + BLOCK), blockSize: BLOCK });
  return initialData === undefined ? driver : filled(driver, initialData);
}

/**
 * A window starts empty, and what opens committed has to come with it.
 *
 * @template {Window} W
 * @param {W} driver
 * @param {Uint8Array} data
 */
function filled(driver, data) {
  const open = driver.open.bind(driver);
  driver.open = () => {
    open();
    if (data.length > 0) driver.write(0, data);
    return { coverage: data.length > 0 ? [{ start: 0, end: data.length }] : [], committedLength: data.length };
  };
  return driver;
}

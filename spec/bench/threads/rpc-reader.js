// Reads a file for whoever calls into this thread.
import { openSync, readSync } from 'node:fs';
import { runAsWorker } from 'synckit';

/** @type {Map<string, number>} */
const descriptors = new Map();

runAsWorker((/** @type {string} */ path, /** @type {number} */ offset, /** @type {number} */ length) => {
  const descriptor = descriptors.get(path) ?? openSync(path, 'r');
  descriptors.set(path, descriptor);
  const bytes = new Uint8Array(length);
  readSync(descriptor, bytes, 0, length, offset);
  return bytes;
});

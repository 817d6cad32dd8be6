// xor-driver.js
// A driver of a third party: it keeps content scrambled in the driver that it wraps. It hides a
// song from a casual look, no more.

import { attachDriver, registerAttachment } from 'tidemark';

/** @typedef {import('tidemark').Driver} Driver */

const KIND = 'example/xor';

/**
 * @type {(inner: Driver, key: number) => Driver} `inner` is not opened yet, and nobody else's;
 * `key` is any integer
 */
export const xorDriver = (inner, key) => ({
  // No `view`: the bytes that it could show without copying are the scrambled ones.
  capabilities: { ...inner.capabilities, view: false },
  get path() {
    return inner.path;
  },
  open: (record) => inner.open(record),
  write: (offset, data) => inner.write(offset, xor(new Uint8Array(data), offset, key)),
  announce: (bytes) => inner.announce?.(bytes),
  read(offset, target) {
    inner.read(offset, target);
    xor(target, offset, key);
  },
  evict: (start, end) => inner.evict?.(start, end),
  commit: (length) => inner.commit(length),
  replace: (data) => inner.replace(xor(new Uint8Array(data), 0, key)),
  settle: () => inner.settle?.(),
  reopen: () => inner.reopen(),
  cold: inner.cold,
  checkpoint: async () => inner.checkpoint?.(),
  describe: () => ({ kind: KIND, data: { inner: inner.describe?.(), key } }),
  remove: (committed) => inner.remove?.(committed),
  close: (keep) => inner.close(keep),
});

// The attach side, in whichever thread imports this module.
registerAttachment(KIND, (data) => {
  const { inner, key } = /** @type {{ inner: import('tidemark').DriverDescription, key: number }} */ (data);
  const bytes = attachDriver(inner);
  return {
    read(offset, target) {
      bytes.read(offset, target);
      xor(target, offset, key);
    },
    refresh: () => bytes.refresh?.(),
    reach: bytes.reach?.bind(bytes),
    stamp: bytes.stamp?.bind(bytes),
    close: () => bytes.close(),
  };
});

/**
 * @type {(bytes: Uint8Array, offset: number, key: number) => Uint8Array} scrambles in place, and
 * back
 */
function xor(bytes, offset, key) {
  // An array of bytes keeps the lowest 8 bits.
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (offset + i + key);
  return bytes;
}

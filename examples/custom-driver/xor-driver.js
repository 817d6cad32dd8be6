// A driver of a third party: it keeps content scrambled in the driver that it wraps. It hides a song from a casual look, no more.

import { attachDriver, registerAttachment } from 'tidemark';

/** @typedef {import('tidemark').Driver} Driver */

const KIND = 'example/xor';

/** @type {(inner: Driver, key: number) => Driver} `inner` is not opened yet, and nobody else's; `key` is any integer */
export const xorDriver = (inner, key) => ({
  // No `view`: the bytes that it could show without copying are the scrambled ones.
  capabilities: { ...inner.capabilities, view: false },
  get path() {
    return inner.path;
  },
  open: () => inner.open(),
  write: (offset, data) => inner.write(offset, xor(new Uint8Array(data), offset, key)),
  read(offset, target) {
    inner.read(offset, target);
    xor(target, offset, key);
  },
  commit: (length, identity) => inner.commit(length, identity),
  reopen: () => inner.reopen(),
  replace: (data, identity, alive) => inner.replace(xor(new Uint8Array(data), 0, key, alive), identity, alive),
  checkpoint: async (record) => inner.checkpoint?.(record),
  describe: () => ({ kind: KIND, data: { inner: inner.describe?.(), key } }),
  close: (record) => inner.close(record),
  remove: (committed) => inner.remove?.(committed),
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
    close: () => bytes.close(),
  };
});

/** @type {(bytes: Uint8Array, offset: number, key: number, alive?: () => void) => Uint8Array} scrambles in place, and back */
function xor(bytes, offset, key, alive) {
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (bytes[i] ?? 0) ^ (offset + i + key); // an array of bytes keeps the lowest 8 bits
    if (i % 2 ** 24 === 0) alive?.(); // readers give up an owner that is silent for a second
  }
  return bytes;
}

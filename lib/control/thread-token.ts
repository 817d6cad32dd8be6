import { MAX_OFFSET } from '../range/byte-range.js';

const KEY = Symbol.for('tidemark.thread');

interface Holder {
  [KEY]?: number;
}

/**
 * Returns a number that identifies this thread, to detect a thread that is about to wait for
 * itself.
 *
 * It is stored under a registered symbol: an app may load this module twice (two entry points in
 * two bundles), and both copies must agree. So must the realms of one thread (a `node:vm` context,
 * a test of jest). The language has no object that belongs to a thread, so the number is stored on
 * `performance`: such a realm gets that of the realm that made it, and without it nothing here can
 * block. A realm with a `performance` of its own (jsdom's) is taken for another thread. In browsers
 * only pages have several realms, and a page must not block at all.
 */
export function threadToken(): number {
  // Where `performance` is frozen, at least the copies of this module agree.
  const holder = (Object.isExtensible(performance) ? performance : globalThis) as Holder;
  holder[KEY] ??= 1 + Math.floor(Math.random() * (MAX_OFFSET - 1));
  return holder[KEY];
}

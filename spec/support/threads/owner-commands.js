import { Resource } from 'tidemark';
import { newDriver } from './new-driver.js';
import { isSet } from './rpc.js';

/** @type {Map<string, import('tidemark').Resource>} */
const resources = new Map();
const abort = new AbortController();

/** @param {string} key */
function resource(key) {
  const found = resources.get(key);
  if (found === undefined) throw new Error(`no resource ${key}`);
  return found;
}

/** @type {Record<string, (...args: any[]) => unknown>} */
export const ownerCommands = {
  open(key, options, holds) {
    resources.set(key, Resource.open(newDriver(holds), { ...options, signal: abort.signal }));
  },
  handle(key, name) {
    return resource(key).createPort({ name }).handle;
  },
  writeAt(key, offset, data) {
    resource(key).writeAt(offset, data);
  },
  commit(key) {
    resource(key).commit();
  },
  fail(key, reason) {
    resource(key).fail(reason);
  },
  close(key) {
    resource(key).close();
  },
  abort() {
    abort.abort();
  },
  /** Replaces the content over and over; most of the time it is in the middle of an update. */
  replaceForever(key, flag, length) {
    const owned = resource(key);
    const contents = [0xaa, 0xbb].map((value) => new Uint8Array(length).fill(value));
    for (let round = 0; !isSet(flag); round++) {
      owned.reactivate();
      owned.writeAll(/** @type {Uint8Array} */ (contents[round % 2]));
    }
  },
  /** Replaces the content by uniform bytes of given lengths in turn, until `flag` is set. */
  replaceInTurn(key, flag, lengths) {
    const owned = resource(key);
    const contents = Object.entries(lengths).map(([value, length]) => new Uint8Array(length).fill(Number(value)));
    let rounds = 0;
    for (; !isSet(flag); rounds++) {
      owned.reactivate();
      owned.writeAll(/** @type {Uint8Array} */ (contents[rounds % contents.length]));
    }
    return rounds;
  },
  /**
   * Ends by turns at `end`, with one uniform content, and not at all, with more bytes of another,
   * until `flag` is set.
   */
  endAndGoOn(key, flag, end, more) {
    const owned = resource(key);
    const whole = new Uint8Array(end).fill(0xbb);
    const longer = new Uint8Array(more).fill(0xaa);
    let rounds = 0;
    for (; !isSet(flag); rounds++) {
      owned.writeAll(whole);
      owned.reactivate();
      owned.writeAt(0, longer);
    }
    return rounds;
  },
  /** Fails and is active again, over and over. */
  failForever(key, flag) {
    while (!isSet(flag)) {
      resource(key).fail('for a moment');
      resource(key).reactivate();
    }
  },
  /** Writes uniform blocks one behind the other at full speed. */
  writeBlocks(key, blocks, size) {
    const contents = [0xaa, 0xbb].map((value) => new Uint8Array(size).fill(value));
    for (let block = 0; block < blocks; block++) {
      resource(key).writeAt(block * size, /** @type {Uint8Array} */ (contents[block % 2]));
    }
  },
  /**
   * Writes byte after byte without a pause until `flag` is set or `limit` bytes are written; true
   * if it was the flag.
   */
  writeUntil(key, flag, limit) {
    const data = new Uint8Array(1);
    for (let at = 0; at < limit; at++) {
      if (isSet(flag)) return true;
      resource(key).writeAt(at, data);
    }
    return false;
  },
};

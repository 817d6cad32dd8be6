import { parentPort } from 'node:worker_threads';
import { attachReader, isStorageError, MemDriver, ownerGone, readChunks, Resource } from 'tidemark';
import { openSync } from 'tidemark/sync';

/**
 * Spoils the shared memory of handles at random, and asks everything that can be asked of their
 * readers. In a thread of its own, since what is looked for is a call that never returns.
 */

/** Numbers that repeat, from a seed. */
function randomFrom(/** @type {number} */ seed) {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32;
  };
}

const INTERESTING = [0, 1, 2, -1, 5, 63, 64, 2 ** 30, -(2 ** 31), 2 ** 31 - 1];
/** An odd one is an update that is not finished, which takes a second to find out. */
const SEQUENCE_AT = 2;

/** @returns {string[]} what was thrown that is no error of ours */
function attack(/** @type {number} */ seed) {
  const random = randomFrom(seed);
  const below = (/** @type {number} */ limit) => Math.floor(random() * limit);
  const resource = Resource.open(new MemDriver());
  for (let at = 0; at < 40; at += 1) resource.writeAt(at * 10, new Uint8Array(4));
  if (below(2) === 0) resource.writeAll(new Uint8Array(100));
  /** @type {string[]} */
  const wrong = [];
  const call = (/** @type {() => any} */ action) => {
    try {
      return action();
    } catch (error) {
      if (!isStorageError(error)) wrong.push(`${seed}: ${String(error)} ${/** @type {any} */ (error).stack}`);
      return undefined;
    }
  };
  const spoilt = () => {
    const handle = /** @type {any} */ (resource.createPort().handle);
    const copy = new SharedArrayBuffer(handle.control.byteLength);
    new Uint8Array(copy).set(new Uint8Array(handle.control));
    const words = new Int32Array(copy);
    for (let times = 1 + below(8); times > 0; times -= 1) {
      const at = below(3) === 0 ? below(words.length) : 3 + below(22);
      if (at > SEQUENCE_AT)
        words[at] = below(2) === 0 ? (INTERESTING[below(INTERESTING.length)] ?? 0) : below(2 ** 32) | 0;
    }
    return { ...handle, control: copy, wakeWord: below(4) === 0 ? (INTERESTING[below(10)] ?? 0) : handle.wakeWord };
  };
  const range = { start: 5, end: 23 };
  const sync = call(() => openSync(spoilt()));
  const reader = call(() => attachReader(spoilt()));
  for (const view of /** @type {any[]} */ ([sync, reader]).filter((found) => found !== undefined)) {
    for (const name of ['status', 'coverage', 'coveredBytes', 'length', 'expectedLength', 'identity'])
      call(() => view[name]);
    call(() => view.has(range));
    call(() => view.nextGap(0));
    call(() => view.nextGap(7, 2 ** 40));
    call(() => view.readAt(3, new Uint8Array(50)));
  }
  call(() => sync?.waitRange(range, { timeout: 0 }));
  call(() => sync?.read(new Uint8Array(9), { min: 3, timeout: 0 }));
  call(() => sync?.takeInterrupt());
  const failed = (/** @type {unknown} */ error) => {
    if (!isStorageError(error)) wrong.push(`${seed}: ${String(error)}`);
  };
  let chunks = 0;
  const reading =
    reader && readChunks(reader, { end: 5000 }).subscribe({ next: () => void (chunks += 1), error: failed });
  call(() => reader?.waitRange(range).subscribe({ error: failed }).unsubscribe());
  call(() => reader?.read(range).subscribe({ error: failed }).unsubscribe());
  call(() => reader?.coverage$.subscribe({ error: failed }).unsubscribe());
  reading?.unsubscribe();
  call(() => ownerGone(spoilt()));
  call(() => sync?.close());
  call(() => reader?.close());
  resource.close();
  return chunks > 5000 ? [...wrong, `${seed}: ${chunks} chunks`] : wrong;
}

parentPort?.on('message', ([from, to]) => {
  /** @type {string[]} */
  const wrong = [];
  for (let seed = from; seed < to; seed += 1) {
    parentPort?.postMessage({ seed });
    wrong.push(...attack(seed));
  }
  parentPort?.postMessage({ wrong });
});

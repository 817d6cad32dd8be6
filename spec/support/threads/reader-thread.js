import { attachReader, byteSource, readChunks, registerAttachment, toReadableStream } from 'tidemark';
import { openSync } from 'tidemark/sync';
// Knows how to read the files of other threads.
import 'tidemark/node';
import { attachCold, COLD_KIND } from '../cold-driver.js';
import { attachEvicting, EVICTING_KIND } from '../evicting-driver.js';
import { describe, isSet, serve, stopAtStep, stopUntilSet, tell } from './rpc.js';

registerAttachment(EVICTING_KIND, attachEvicting);
registerAttachment(COLD_KIND, attachCold);

/** @type {Map<string, any>} */
const readers = new Map();
/** @type {Map<string, import('rxjs').Subscription>} */
const subscriptions = new Map();

/**
 * @param {string} key
 * @param {import('rxjs').Observable<unknown>} source
 */
function follow(key, source) {
  subscriptions.set(
    key,
    source.subscribe({
      next: (value) => tell('ended', key, value),
      error: (error) => tell('ended', key, error.code ?? String(error)),
      complete: () => tell('completed', key),
    }),
  );
}

serve({
  openSync(key, handle) {
    readers.set(key, openSync(handle));
  },
  attach(key, handle) {
    readers.set(key, attachReader(handle));
  },
  /** Sets the wall clock of this thread. */
  setClock(time) {
    Date.now = () => time;
  },
  get(key, property) {
    return readers.get(key)[property];
  },
  call(key, method, ...args) {
    return readers.get(key)[method](...args);
  },
  ranges(key) {
    return readers.get(key).coverage.toArray();
  },
  /** Reads into `length` bytes; answers those that arrived. */
  read(key, length, options) {
    const target = new Uint8Array(length);
    return target.slice(0, readers.get(key).read(target, options));
  },
  readAt(key, offset, length) {
    const target = new Uint8Array(length);
    return target.slice(0, readers.get(key).readAt(offset, target));
  },
  /** Sets `flag` right before a call that blocks: `demand$` does not show all of them. */
  announceAndCall(flag, key, method, ...args) {
    Atomics.store(flag, 0, 1);
    return readers.get(key)[method](...args);
  },
  /** How `times` polls have ended, each kind once. */
  pollKinds(key, times, range) {
    const kinds = new Set();
    for (let i = 0; i < times; i++) {
      try {
        kinds.add(readers.get(key).waitRange(range, { timeout: 0 }));
      } catch (error) {
        kinds.add(/** @type {any} */ (error).code);
      }
    }
    return [...kinds].sort();
  },
  /** The same through observables, which are not waited for. */
  subscribeKinds(key, times, range) {
    const kinds = new Set();
    for (let i = 0; i < times; i++) {
      readers
        .get(key)
        .waitRange(range)
        .subscribe({
          next: (/** @type {string} */ outcome) => kinds.add(outcome),
          error: (/** @type {any} */ error) => kinds.add(error.code),
        })
        .unsubscribe();
    }
    return [...kinds].sort();
  },
  /** As `call`, but stops on its way (`stopAtStep`). */
  callStoppedAt(flag, step, key, method, ...args) {
    stopAtStep(flag, step);
    return readers.get(key)[method](...args);
  },
  /** The same once `begin` is set: a thread that blocks posts nothing in a browser. */
  beginAndCallStoppedAt(begin, flag, step, key, method, ...args) {
    stopUntilSet(begin);
    stopAtStep(flag, step);
    return readers.get(key)[method](...args);
  },
  /** As `wait`, but stops on its way (`stopAtStep`). */
  waitStoppedAt(flag, step, key, waitKey, range) {
    stopAtStep(flag, step);
    follow(waitKey, readers.get(key).waitRange(range));
  },
  /**
   * As `call`, but stops when it has told the owner what it wants, and before it looks again, until
   * `flag` is set.
   */
  callStoppedAtPublish(flag, key, method, ...args) {
    const notify = /** @type {(...args: unknown[]) => number} */ (Atomics.notify);
    Atomics.notify = (/** @type {unknown[]} */ ...asked) => {
      Atomics.notify = notify;
      stopUntilSet(flag);
      return notify(...asked);
    };
    return readers.get(key)[method](...args);
  },
  /** Blocks `times` times, and answers how each wait has ended and whether the range was there. */
  waitTimes(key, times, range, options) {
    const reader = readers.get(key);
    const outcomes = [];
    for (let i = 0; i < times; i++)
      outcomes.push({ outcome: reader.waitRange(range, options), covered: reader.has(range) });
    return outcomes;
  },
  /** Waits through an observable; its end is told as the event «ended». */
  wait(key, waitKey, range, options) {
    follow(waitKey, readers.get(key).waitRange(range, options));
  },
  /** All of them in one turn. */
  waitMany(key, waits) {
    for (const { waitKey, range, options } of waits) follow(waitKey, readers.get(key).waitRange(range, options));
  },
  readAsync(key, readKey, range) {
    follow(readKey, readers.get(key).read(range));
  },
  /** As `readAsync`, but stops on its way (`stopAtStep`). */
  readStoppedAt(flag, step, key, readKey, range) {
    stopAtStep(flag, step);
    follow(readKey, readers.get(key).read(range));
  },
  /** How a poll for `length` bytes ends: with their number, or the code of its error. */
  poll(key, length, at) {
    try {
      return readers.get(key).read(new Uint8Array(length), { at, timeout: 0 });
    } catch (error) {
      return /** @type {any} */ (error).code;
    }
  },
  /** The lengths of all chunks, and their bytes. */
  async chunks(key, options) {
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const chunks = [];
    await readChunks(readers.get(key), options).forEach((chunk) => void chunks.push(chunk));
    return [chunks.map(({ length }) => length), new Uint8Array(await new Blob(chunks).arrayBuffer())];
  },
  /** All bytes, by way of a web stream. */
  async stream(key, range) {
    const chunks = [];
    // Not by `Response`: Chromium's tells no reason why it failed.
    for (let reader = toReadableStream(readers.get(key), range).getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
      chunks.push(value);
    }
  },
  /** How streams of `range` end until `flag` is set, each kind once. */
  async streamEnds(key, flag, range, least) {
    const kinds = new Set();
    while (!isSet(flag) || kinds.size < least) {
      const body = new Response(toReadableStream(readers.get(key), range)).arrayBuffer();
      kinds.add(
        await body.then(
          ({ byteLength }) => `${byteLength} bytes`,
          (/** @type {{ code: string }} */ error) => error.code,
        ),
      );
    }
    return [...kinds].sort();
  },
  /** The size, and a range of bytes, by way of a byte source. */
  async source(key, start, end) {
    const source = byteSource(readers.get(key));
    return [await source.getSize(), await source.read(start, end)];
  },
  unsubscribe(...keys) {
    for (const key of keys) subscriptions.get(key)?.unsubscribe();
  },
  watchStatus(key, watchKey) {
    subscriptions.set(
      watchKey,
      readers.get(key).status$.subscribe({
        next: (/** @type {unknown} */ status) => tell('status', watchKey, status),
        error: (/** @type {unknown} */ error) => tell('error', watchKey, describe(error)),
        complete: () => tell('completed', watchKey),
      }),
    );
  },
  watchCoverage(key, watchKey) {
    subscriptions.set(
      watchKey,
      readers.get(key).coverage$.subscribe({
        next: (/** @type {import('tidemark').Coverage} */ coverage) => tell('coverage', watchKey, coverage.toArray()),
        error: (/** @type {unknown} */ error) => tell('error', watchKey, describe(error)),
        complete: () => tell('completed', watchKey),
      }),
    );
  },
  /** Status and coverage of one reader as one sequence of events. */
  watchBoth(key, watchKey) {
    const reader = readers.get(key);
    reader.coverage$.subscribe({
      next: (/** @type {import('tidemark').Coverage} */ coverage) =>
        tell('both', watchKey, ['coverage', coverage.coveredBytes]),
      complete: () => tell('both', watchKey, ['coverage completed']),
    });
    reader.status$.subscribe({
      next: (/** @type {import('tidemark').ResourceStatus} */ status) =>
        tell('both', watchKey, ['status', status.state]),
      complete: () => tell('both', watchKey, ['status completed']),
    });
  },
  /** Stops this thread until `flag` is set: all that happens meanwhile, it finds at once. */
  park(flag) {
    stopUntilSet(flag);
  },
  echo(value) {
    return value;
  },
  /**
   * Reads all there is until `flag` is set; every answer has to be uniform, of the length that goes
   * with its byte.
   */
  readUniform(key, flag, lengths, least = 0) {
    const reader = readers.get(key);
    const target = new Uint8Array(1 << 20);
    const seen = new Map();
    let reads = 0;
    while (!isSet(flag) || seen.size < least) {
      const length = reader.readAt(0, target);
      const value = target[0] ?? 0;
      const expected = lengths[value];
      const last = target.subarray(0, length).findLastIndex((byte) => byte !== value);
      if (length !== expected || last !== -1) return { torn: { length, value, other: target[last], at: last }, reads };
      seen.set(value, (seen.get(value) ?? 0) + 1);
      reads++;
    }
    return { seen, reads };
  },
  /** How reads of more than there is end, each kind once. */
  readEnds(key, flag, length, least) {
    const reader = readers.get(key);
    const kinds = new Set();
    while (!isSet(flag) || kinds.size < least) {
      const target = new Uint8Array(length);
      try {
        const read = reader.read(target, { at: 0, timeout: 0 });
        kinds.add(`${read} bytes of ${target[0]}`);
      } catch (error) {
        kinds.add(/** @type {{ code: string }} */ (error).code);
      }
    }
    return [...kinds].sort();
  },
  /**
   * Reads block after block as each arrives; every one of them has to be uniform and of the right
   * value.
   */
  readBlocks(key, blocks, size) {
    const reader = readers.get(key);
    const target = new Uint8Array(size);
    for (let block = 0; block < blocks; block++) {
      const length = reader.read(target);
      const expected = block % 2 === 0 ? 0xaa : 0xbb;
      const torn = target.findIndex((byte) => byte !== expected);
      if (length !== size || torn !== -1) return { block, length, torn, value: target[torn] };
    }
    return 'whole';
  },
  /** Waits for ranges anywhere below `length`, one after the other. */
  waitAnywhere(key, times, length, seed) {
    const reader = readers.get(key);
    let state = seed;
    const random = (/** @type {number} */ below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let i = 0; i < times; i++) {
      const start = random(length);
      const range = { start, end: Math.min(length, start + 1 + random(20)) };
      const outcome = reader.waitRange(range, { timeout: 40_000 });
      if (outcome !== 'ready' || !reader.has(range)) return { range, outcome };
    }
    return 'all ready and covered';
  },
  close(key) {
    readers.get(key).close();
  },
});
